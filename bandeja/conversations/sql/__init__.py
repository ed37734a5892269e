"""The hot statements, each in a file of its own that says what it does."""

from importlib.resources import files


def statement(package: str, name: str) -> str:
    """The text of `<package>/sql/<name>.sql`. Raises FileNotFoundError when there is none."""
    return files(package).joinpath("sql", f"{name}.sql").read_text()
