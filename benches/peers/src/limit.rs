//! Loops over the memory that a loss must touch, and nothing else: what is read is read, what is written is written.

use crate::case::Inputs;
use crate::contender::Contender;
use crate::support::stream::{self, Way, words, words_mut};
use core::hint::black_box;
use lossfn::Threads;

/// Names of the loops: with ordinary stores, past the caches, and each with loads announced.
pub(crate) const LOOPS: [(&str, Way); 4] = [
    ("copy", Way { past: false, ahead: false }),
    ("copy ahead", Way { past: false, ahead: true }),
    ("stream", Way { past: true, ahead: false }),
    ("stream ahead", Way { past: true, ahead: true }),
];

pub(crate) fn contenders<'a>(threads: Threads, inputs: &'a Inputs) -> [Contender<'a>; 4] {
    let Inputs { x, targets, .. } = inputs;
    let y = (!targets.is_empty()).then_some(&**targets);
    LOOPS.map(|(name, way)| {
        let mut dx = vec![1.0_f32; x.len()];
        Contender::new(name, move |_: Option<&mut Vec<f32>>| {
            stream::write(threads, way, words(black_box(x)), y.map(words), words_mut(black_box(&mut dx)))
        })
    })
}
