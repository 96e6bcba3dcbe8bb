//! Cross-entropy from short rows to one long one, on one thread and on all, beside the plain loop (`plain`) and a pass
//! over the same memory (`memory`). Throughputs count every array once, so they can be compared.

mod support;

use core::hint::black_box;
use core::time::Duration;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use lossfn::Threads::{self, Auto, Serial};
use lossfn::{Call, CrossEntropy, Layout, Loss};
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
    targets = all, images
}

/// Rows and classes.
const SHAPES: [(usize, usize); 4] = [(65_536, 10), (4096, 1000), (1024, 32_000), (1, 262_144)];

fn all(criterion: &mut Criterion) {
    for (rows, classes) in SHAPES {
        let rows = if support::is_quick() { rows.div_ceil(64) } else { rows };
        let mut data = Data::rows(rows, classes);
        let loss = losses::cross_entropy(classes);
        let mut group = criterion.benchmark_group(format!("cross_entropy {rows}×{classes}"));
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
        bencher.iter(|| loss.library(threads, black_box(data.batch(verb))));
    });
}

/// Images with a class for every pixel: (N, C, H W), whose planes are a power of two apart.
fn images(criterion: &mut Criterion) {
    let (samples, classes, inner) = (8, 21, if support::is_quick() { 64 * 64 } else { 512 * 512 });
    let mut data = Data::<f32, u32>::rows(samples * inner, classes);
    let layout = Layout::axis(classes, inner);
    check_images(&data, layout, classes, inner);
    let mut group = criterion.benchmark_group(format!("cross_entropy {samples}×{classes}×{inner}"));
    group.sampling_mode(SamplingMode::Flat);
    for verb in Verb::ALL {
        for threads in [Serial, Auto] {
            let on = parts::name(threads);
            group.throughput(Throughput::Bytes(memory::bytes(&data, verb) as u64));
            group.bench_function(format!("memory {} {on}", memory::name(verb)), |bencher| {
                bencher.iter(|| memory::pass(threads, black_box(data.batch(verb))));
            });
            group.throughput(Throughput::Bytes(data.bytes(verb) as u64));
            let loss = CrossEntropy::new(layout).with(Call::new().threads(threads));
            group.bench_function(format!("{} {on}", verb.name()), |bencher| {
                bencher.iter(|| losses::run(loss, black_box(data.batch(verb))));
            });
        }
    }
    group.finish();
}

/// Every pixel has the loss that it has as a row.
fn check_images(data: &Data<f32, u32>, layout: Layout, classes: usize, inner: usize) {
    let place = |row: usize, class: usize| (row / inner * classes + class) * inner + row % inner;
    let entries = (0..data.y.len()).flat_map(|row| (0..classes).map(move |class| place(row, class)));
    let rows: Vec<f32> = entries.map(|entry| data.x[entry]).collect();
    let apart = CrossEntropy::new(layout).value(&data.x, &data.y).expect("a batch").value;
    let by_row = CrossEntropy::new(classes).value(&rows, &data.y).expect("a batch").value;
    assert!((apart - by_row).abs() <= 1e-6 * by_row, "{apart} by pixel, {by_row} by row");
}
