//! Losses of a number against a number: every element, at every level, by every verb, against the textbook.
//!
//! A loss of the error x − t is judged at that error rounded once to its type, as its documentation promises. What the
//! tests go through is the registry: a loss that is added there is tested here. `LOSSFN_TEST_CASES=10` does ten times
//! as much, `PROPTEST_RNG_SEED=7` something else.

mod judging;

use judging::family::tests_of_family;

tests_of_family!(Regression);
