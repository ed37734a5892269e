"""What the inbox's templates can say."""
