"""The one kind of error that is shown to a user without a traceback."""


class UserError(Exception):
    """Something the user can mend.

    The message stands on its own: which file or key, what is wrong, what to do. Every other exception is a
    defect of mexflow and keeps its traceback.
    """
