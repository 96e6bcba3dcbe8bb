//! What a reduction divides by.

use super::check;
use crate::math::Float;
use crate::reduction::ratio;
use crate::{Call, Divisor, LossError, Outcome, Reduction, Totals};

/// What the value is divided by, and the factor of the gradients that follows; `None` for a mean over nothing.
pub(crate) struct Reduced {
    divisor: Option<f64>,
    pub(crate) scale: Option<f64>,
}

impl Reduced {
    /// `of_loss` is the divisor that the loss calls its own.
    pub(crate) fn new<T: Float>(
        how: &Call<'_, T>,
        totals: &Totals,
        items: usize,
        rows: usize,
        of_loss: f64,
    ) -> Result<Self, LossError> {
        let Reduction::Mean(divisor) = how.reduction else {
            return Ok(Self { divisor: None, scale: Some(how.upstream) });
        };
        #[expect(clippy::cast_precision_loss, reason = "no slice has 2^53 elements")]
        let divisor = match divisor {
            Divisor::OfLoss => of_loss,
            Divisor::Elements => items as f64,
            Divisor::Rows => rows as f64,
            Divisor::Counted => totals.count as f64,
            Divisor::WeightSum => totals.weight,
            Divisor::Fixed(fixed) => {
                check::option("divisor", fixed, fixed >= 0.0 && fixed.is_finite(), "finite and not negative")?;
                fixed
            }
        };
        Ok(Self { divisor: Some(divisor), scale: (divisor != 0.0).then(|| how.upstream / divisor) })
    }

    pub(crate) fn outcome<T: Float>(&self, how: &Call<'_, T>, totals: Totals) -> Outcome {
        let value = self.divisor.map_or(totals.sum, |divisor| ratio(totals.sum, divisor, how.empty));
        Outcome { value, totals }
    }
}
