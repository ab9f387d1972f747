"""What can go wrong while reading; each message is one line that names the file, row or value."""


class ClassifyError(Exception):
    """Base of all errors of this room."""


class ArtefactError(ClassifyError):
    """A trained artefact is missing, is not the pinned one, or does not have the expected arrays."""


class TrainingDataError(ClassifyError):
    """A training file has a wrong column count, label, topic or too few rows."""


class EvaluationError(ClassifyError):
    """Labelled rows cannot be measured, for example because one of the two labels is missing."""


class GazetteerError(ClassifyError):
    """The province code is unknown, or the place tables of the installed packages cannot be read."""


class EncoderError(ClassifyError):
    """The sentence encoder that the settings name is missing or cannot be loaded."""


class DatasetError(ClassifyError):
    """There is no such open data set, or no such split of it."""
