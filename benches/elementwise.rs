//! The elementwise losses in the first-level cache, in the second, and in memory, on one thread, beside the plain loop
//! (`plain`) and a pass over the same memory (`memory`). Throughputs count every array once, so they can be compared.
//!
//! `cargo bench --bench elementwise -- 'huber|memory'` runs what is named.

mod support;

use core::hint::black_box;
use core::time::Duration;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use lossfn::Call;
use lossfn::Threads::Serial;
use support::data::{Data, Verb};
use support::losses::{self, Subject};
use support::memory::{self, Word};
use support::scalar::Scalar;

criterion_main!(benches);
criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = all
}

/// Bytes of one array.
fn sizes() -> [(&'static str, usize); 3] {
    let memory = if support::is_quick() { ("4 MiB", 4 << 20) } else { ("128 MiB", 128 << 20) };
    [("8 KiB", 8 << 10), ("256 KiB", 256 << 10), memory]
}

fn all(criterion: &mut Criterion) {
    for (size, bytes) in sizes() {
        one_type::<f32>(criterion, &losses::elementwise(), size, bytes);
        one_type::<f64>(criterion, &losses::elementwise(), size, bytes);
    }
}

fn one_type<T: Scalar + Word>(criterion: &mut Criterion, losses: &[Subject<T, T>], size: &str, bytes: usize) {
    let mut data = Data::<T, T>::elements(bytes / size_of::<T>());
    let mut group = criterion.benchmark_group(format!("{} {size}", T::NAME));
    group.sampling_mode(if bytes > 1 << 20 { SamplingMode::Flat } else { SamplingMode::Auto });
    for verb in Verb::ALL {
        group.throughput(Throughput::Bytes(memory::bytes(&data, verb) as u64));
        group.bench_function(format!("memory {}", memory::name(verb)), |bencher| {
            bencher.iter(|| memory::pass(Serial, black_box(data.batch(verb))));
        });
        group.throughput(Throughput::Bytes(data.bytes(verb) as u64));
        for loss in losses {
            one_loss(&mut group, loss, verb, &mut data);
        }
    }
    group.finish();
}

fn one_loss<T: Scalar>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    loss: &Subject<T, T>,
    verb: Verb,
    data: &mut Data<T, T>,
) {
    let name = format!("{} {}", loss.name.to_lowercase(), verb.name());
    let mut is_new = true;
    data.suit(loss.predictions);
    group.bench_function(&name, |bencher| {
        if core::mem::take(&mut is_new) {
            loss.check(Serial, verb, data);
        }
        bencher.iter(|| loss.library(Call::new().threads(Serial), black_box(data.batch(verb))));
    });
    group.bench_function(format!("{name} plain"), |bencher| {
        bencher.iter(|| loss.plain(Serial, black_box(data.batch(verb))));
    });
}
