//! One bit pattern through every elementary function at every level: within its contract, and with the bits of the
//! model wherever there is a fused multiply-add.

use super::draw::is_double;
use crate::judging::contract::{in_domain, tolerance, truth};
use crate::judging::same_bits;
use arbitrary::Unstructured;
use lossfn::Level;
use lossfn::internals::{Function, Internal, map};
use lossfn_oracle::{Judged, Truth, judge};

pub(super) fn math(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let Ok(bits) = u.arbitrary::<u64>() else { return };
    if is_double(&mut u).unwrap_or_default() {
        through_all(f64::from_bits(bits));
    } else {
        through_all(f32::from_bits(bits as u32));
    }
}

fn through_all<T: Judged + Internal>(x: T) {
    for function in Function::ALL.into_iter().filter(|function| in_domain(*function, x)) {
        let at = |level| {
            let mut to = [x];
            map(level, function, &[x], &mut to).expect("an available level");
            to
        };
        let truth = Truth::new(truth::<T::Wide>(function, x.to_wide()));
        let model = at(Level::Model);
        for level in Level::available().chain([Level::Model]) {
            let got = at(level);
            let what = || format!("{function:?} {} {level:?} of {x:?} ({:#x}) is {got:?}", T::NAME, x.to_bits());
            if let Err(fault) = judge(got[0], truth, &tolerance(function, level)) {
                panic!("{}: {fault:?}", what());
            }
            assert!(!level.is_fused() || same_bits(&got, &model), "{}, the model's is {model:?}", what());
        }
    }
}
