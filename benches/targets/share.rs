//! A loss beside the loops over the memory that it must touch, one after the other in every round.

use crate::Plan;
use crate::support::data::{Data, Verb};
use crate::support::losses::Subject;
use crate::support::memory::Word;
use crate::support::scalar::Scalar;
use crate::support::stream::{self, Way, words, words_mut};
use crate::support::timing::{Spread, seconds, seconds_after, seconds_each};
use core::hint::black_box;
use lossfn::{Call, Threads};

/// What is asked of a loss.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Value,
    ValueAndGrad,
    InPlace,
}

impl Work {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Value => Verb::Value.name(),
            Self::ValueAndGrad => Verb::ValueAndGrad.name(),
            Self::InPlace => "in place",
        }
    }
}

/// What a loss is measured against.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// The loop with ordinary loads and stores.
    Copy,
    /// The fastest loop.
    Stream,
}

/// How many times longer work in place is measured: half of the time goes to making its input ready.
const LONGER: f64 = 2.0;

/// The share of the limit's speed that the loss reaches, and the seconds of both.
pub(crate) struct Share {
    pub(crate) share: Spread,
    pub(crate) seconds: Spread,
    pub(crate) limit: Spread,
}

/// The loops touch the targets too: beside the predictions where they are as large, else after them.
pub(crate) fn measure<T: Scalar + Word, Y: Word + 'static>(
    plan: Plan,
    loss: &Subject<T, Y>,
    work: Work,
    threads: Threads,
    limit: Limit,
    data: &mut Data<T, Y>,
) -> Share {
    let way = match limit {
        Limit::Copy => Way::PLAIN,
        Limit::Stream => fastest(plan, work, threads, data),
    };
    let (mut shares, mut times, mut limits) = (Vec::new(), Vec::new(), Vec::new());
    // Round 0 warms up.
    for round in 0..=plan.rounds {
        let limit = if work == Work::InPlace {
            seconds_after(LONGER * plan.window, data, Data::restore, |data| pass(work, threads, way, data))
        } else {
            seconds_each(plan.window, || pass(work, threads, way, data))
        };
        let loss = seconds_of(plan, loss, work, threads, data);
        if round > 0 {
            shares.push(limit / loss);
            times.push(loss);
            limits.push(limit);
        }
    }
    Share { share: Spread::of(shares), seconds: Spread::of(times), limit: Spread::of(limits) }
}

/// The seconds of one call.
pub(crate) fn seconds_of<T: Scalar, Y: Sync + 'static>(
    plan: Plan,
    loss: &Subject<T, Y>,
    work: Work,
    threads: Threads,
    data: &mut Data<T, Y>,
) -> f64 {
    let call = Call::new().threads(threads);
    match work {
        Work::Value => seconds_each(plan.window, || loss.library(call, black_box(data.batch(Verb::Value)))),
        Work::ValueAndGrad => {
            seconds_each(plan.window, || loss.library(call, black_box(data.batch(Verb::ValueAndGrad))))
        }
        Work::InPlace => seconds_after(LONGER * plan.window, data, Data::restore, |Data { y, dx, .. }| {
            loss.in_place(call, black_box(dx), y)
        }),
    }
}

fn fastest<T: Word, Y: Word>(plan: Plan, work: Work, threads: Threads, data: &mut Data<T, Y>) -> Way {
    let mut times = Way::ALL.map(|way| (f64::INFINITY, way));
    for _ in 0..3 {
        for (time, way) in &mut times {
            *time = time.min(seconds(plan.window / 2.0, || pass(work, threads, *way, data)));
        }
    }
    let [first, others @ ..] = times;
    others.into_iter().fold(first, |best, next| if next.0 < best.0 { next } else { best }).1
}

fn pass<T: Word, Y: Word>(work: Work, threads: Threads, way: Way, data: &mut Data<T, Y>) -> f64 {
    let Data { x, y, dx, .. } = black_box(data);
    let (x, y) = (words(x), words(y));
    let beside = Some(y).filter(|y| y.len() >= x.len());
    let found = match work {
        Work::Value => stream::read(threads, way, x, beside),
        Work::ValueAndGrad => stream::write(threads, way, x, beside, words_mut(dx)),
        Work::InPlace => stream::update(threads, way, words_mut(dx), beside),
    };
    if beside.is_some() { found } else { found + stream::read(threads, way, y, None) }
}
