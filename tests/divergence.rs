//! Losses of a distribution against another: every element, at every level, by every verb, against the
//! textbook.
//!
//! What the tests go through is the registry: a loss that is added there is tested here. `LOSSFN_TEST_CASES=10` does ten
//! times as much, `PROPTEST_RNG_SEED=7` something else.

mod judging;

use judging::family::tests_of_family;

tests_of_family!(Divergence);
