//! Cross-entropy from short rows to one long one, on one thread and on all, beside the plain loop (`plain`) and a pass
//! over the same memory (`memory`). Throughputs count every array once, so they can be compared.

mod support;

use core::hint::black_box;
use core::time::Duration;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use lossfn::Call;
use lossfn::Threads::{self, Auto, Serial};
use support::data::{Data, Verb};
use support::losses::{self, Subject};
use support::{memory, parts};

criterion_main!(benches);
criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = all
}

/// Samples, classes, and entries from one class to the next: the planes of the last are a power of two apart.
const SHAPES: [[usize; 3]; 5] =
    [[65_536, 10, 1], [4096, 1000, 1], [1024, 32_000, 1], [1, 262_144, 1], [8, 21, 512 * 512]];

fn all(criterion: &mut Criterion) {
    for [samples, classes, inner] in SHAPES {
        let samples = if support::is_quick() { samples.div_ceil(64) } else { samples };
        let mut data = Data::rows(samples * inner, classes);
        let loss = losses::cross_entropy::<f32>(classes, inner);
        let mut group = criterion.benchmark_group(format!("cross_entropy {samples}×{classes}×{inner}"));
        group.sampling_mode(SamplingMode::Flat);
        for verb in Verb::ALL {
            for threads in [Serial, Auto] {
                one_way(&mut group, &loss, verb, threads, &mut data);
            }
            group.bench_function(format!("{} plain serial", verb.name()), |bencher| {
                bencher.iter(|| loss.plain(Serial, black_box(data.batch(verb))));
            });
        }
        group.finish();
    }
}

fn one_way(
    group: &mut BenchmarkGroup<'_, WallTime>,
    loss: &Subject<f32, u32>,
    verb: Verb,
    threads: Threads,
    data: &mut Data<f32, u32>,
) {
    let on = parts::name(threads);
    group.throughput(Throughput::Bytes(memory::bytes(data, verb) as u64));
    group.bench_function(format!("memory {} {on}", memory::name(verb)), |bencher| {
        bencher.iter(|| memory::pass(threads, black_box(data.batch(verb))));
    });
    group.throughput(Throughput::Bytes(data.bytes(verb) as u64));
    let mut is_new = true;
    group.bench_function(format!("{} {on}", verb.name()), |bencher| {
        if core::mem::take(&mut is_new) {
            loss.check(threads, verb, data);
        }
        bencher.iter(|| loss.library(Call::new().threads(threads), black_box(data.batch(verb))));
    });
}
