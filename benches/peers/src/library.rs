//! Each library as its user would call it. Tensors of inputs are made once, outside of what is timed.

pub(crate) mod burn;
pub(crate) mod candle;
pub(crate) mod lossfn;
pub(crate) mod rten;
