//! Losses of one distribution against another.

mod kl_div;

#[doc(alias(
    "KLDivLoss",
    "kl_div",
    "KLDivergence",
    "kl_divergence",
    "KLD",
    "kld",
    "kullback_leibler_divergence",
    "KullbackLeiblerDivergence",
    "relative_entropy"
))]
pub use kl_div::KlDiv;
