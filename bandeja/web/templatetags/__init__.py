"""What every template may say: icons, faces, marks and times."""
