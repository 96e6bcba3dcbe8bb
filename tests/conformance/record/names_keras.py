"""Keras's names of one loss: class, function, and the short names."""

NAMES = {
    "bce": ("BinaryCrossentropy", "binary_crossentropy"),
    "categorical": ("CategoricalCrossentropy", "categorical_crossentropy"),
    "sparse": ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"),
    "kld": ("KLDivergence", "kl_divergence", "KLD", "kld", "kullback_leibler_divergence"),
    "mae": ("MeanAbsoluteError", "mean_absolute_error", "MAE", "mae"),
    "mape": ("MeanAbsolutePercentageError", "mean_absolute_percentage_error", "MAPE", "mape"),
    "huber": ("Huber", "huber"),
    "mse": ("MeanSquaredError", "mean_squared_error", "MSE", "mse"),
    "msle": ("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", "MSLE", "msle"),
    "categorical_hinge": ("CategoricalHinge", "categorical_hinge"),
    "hinge": ("Hinge", "hinge"),
    "squared_hinge": ("SquaredHinge", "squared_hinge"),
    "cosine": ("CosineSimilarity", "cosine_similarity"),
}
KINDS = {name: kind for kind, names in NAMES.items() for name in names}


def kind_of(name):
    return KINDS[name]


def is_class(name):
    return name == NAMES[kind_of(name)][0]


def names(kind, framework):
    """Keras 3 knows all but one of the old names."""
    return [n for n in NAMES[kind] if framework == "tf_keras" or n != "kullback_leibler_divergence"]
