//! The same input gives the same bits: for any number of threads, any verb, any alignment, any batch around a row and
//! any level with a fused multiply-add.

mod support;

use lossfn::{Call, CosineSimilarity, Divisor, Huber, Loss, Weights};
use support::{Number, Problem, Subject, Y, assert_same, for_both_types, fused_levels, run, spread, subjects};

for_both_types!(
    verbs_agree_at_every_level,
    rows_alone_are_rows_of_a_batch,
    rows_may_be_permuted,
    slices_may_start_anywhere,
    strided_rows_are_packed_rows,
    weights_of_one_are_no_weights,
    fused_levels_agree,
);

/// Rows and columns of problems that reach the kernels of small calls, and the short, the long and the shared kernels of
/// rows.
const SHAPES: [(usize, usize); 12] =
    [(1, 1), (2, 5), (2, 8), (3, 16), (9, 1), (70, 2), (67, 10), (40, 16), (19, 100), (11, 129), (5, 1000), (3, 2600)];

/// Every loss at every shape.
fn problems<T: Number>(shapes: &[(usize, usize)]) -> impl Iterator<Item = Problem<T>> {
    let problem = |subject: Subject<T>, (rows, columns)| Problem::new(subject, rows, columns, rows as u64);
    subjects()
        .into_iter()
        .flat_map(move |subject| shapes.iter().step_by(support::thinned(3)).map(move |&shape| problem(subject, shape)))
}

fn name<T: Number>(problem: &Problem<T>) -> String {
    format!("{} {} {}x{}", problem.subject.name, T::NAME, problem.rows, problem.columns)
}

fn verbs_agree_at_every_level<T: Number>() {
    for level in lossfn::internals::levels() {
        for problem in problems::<T>(&SHAPES) {
            problem.run(Call::new().level(level));
            problem.run(Call::new().level(level).sum().upstream(-0.3));
        }
    }
}

fn rows_alone_are_rows_of_a_batch<T: Number>() {
    for problem in problems::<T>(&SHAPES) {
        let whole = problem.run(Call::new().sum());
        let (per_row, columns) = (problem.items() / problem.rows, problem.columns);
        for row in 0..problem.rows {
            let alone = problem.select(&[row]).run(Call::new().sum());
            let what = format!("{} row {row}", name(&problem));
            assert_same(&alone.each, &whole.each[row * per_row..][..per_row], &what);
            assert_same(&alone.grad, &whole.grad[row * columns..][..columns], &what);
        }
    }
}

fn rows_may_be_permuted<T: Number>() {
    for problem in problems::<T>(&SHAPES) {
        let order: Vec<usize> = (0..problem.rows).rev().collect();
        let (results, permuted) = (problem.run(Call::new().sum()), problem.select(&order).run(Call::new().sum()));
        let (per_row, columns) = (problem.items() / problem.rows, problem.columns);
        for (row, &from) in order.iter().enumerate() {
            let what = format!("{} row {from} as {row}", name(&problem));
            assert_same(&permuted.each[row * per_row..][..per_row], &results.each[from * per_row..][..per_row], &what);
            assert_same(&permuted.grad[row * columns..][..columns], &results.grad[from * columns..][..columns], &what);
        }
    }
}

fn slices_may_start_anywhere<T: Number>() {
    let shapes = [(1, 67), (3, 700), (67, 10), (9, 129)];
    for problem in problems::<T>(&shapes) {
        let (results, n) = (problem.run(Call::new()), problem.x.len());
        let nan = T::of(f64::NAN);
        for offset in (0..=17).step_by(support::thinned(5)) {
            let what = format!("{} from element {offset}", name(&problem));
            let moved = |from: &[T]| [&vec![nan; offset], from].concat();
            let classes = [&vec![i64::MAX; offset], problem.classes.as_slice()].concat();
            let (x, numbers) = (moved(&problem.x), moved(&problem.numbers));
            let y = if problem.classes.is_empty() {
                Y::Numbers(&numbers[offset..])
            } else {
                Y::Classes(&classes[offset..])
            };
            let bound = T::bind(problem.loss(), Call::new(), y);
            run(&what, &*bound, &x[offset..], problem.items()).assert_same(&results, &what);
            let (mut dx, mut out) = (vec![nan; n + offset + 1], vec![nan; problem.items() + offset + 1]);
            bound
                .each_and_grad(&x[offset..], &mut out[offset..][..results.each.len()], &mut dx[offset..][..n])
                .unwrap();
            assert_same(&out[offset..][..results.each.len()], &results.each, &what);
            assert_same(&dx[offset..][..n], &results.each_grad, &what);
            let around = [&dx[..offset], &dx[offset + n..], &out[..offset], &out[offset + results.each.len()..]];
            assert!(around.concat().iter().all(|x| x.bits() == nan.bits()), "{what}: written beyond the slice");
        }
    }
}

fn strided_rows_are_packed_rows<T: Number>() {
    for problem in problems::<T>(&SHAPES).filter(|problem| problem.subject.by_row) {
        for gap in [1, 7, 16, 40] {
            let (columns, stride) = (problem.columns, problem.columns + gap);
            let what = format!("{} stride {stride}", name(&problem));
            let packed = problem.run(Call::new());
            let numbers = spread(&problem.numbers, columns, stride);
            let y = if problem.classes.is_empty() { Y::Numbers(&numbers) } else { problem.y() };
            let bound = T::bind(problem.loss_with_stride(stride), Call::new(), y);
            let x = spread(&problem.x, columns, stride);
            let strided = run(&what, &*bound, &x, problem.rows);
            assert_eq!(strided.value.bits(), packed.value.bits(), "{what}");
            assert_same(&strided.each, &packed.each, &what);
            assert_same(&strided.grad, &spread(&packed.grad, columns, stride), &what);
            assert_same(&strided.each_grad, &spread(&packed.each_grad, columns, stride), &what);
        }
    }
}

fn weights_of_one_are_no_weights<T: Number>() {
    for problem in problems::<T>(&SHAPES) {
        let ones = vec![T::of(1.0); problem.x.len().max(problem.columns)];
        let kept = vec![true; problem.x.len()];
        let (items, rows, columns) = (problem.items(), problem.rows, problem.columns);
        let how = if problem.subject.by_row { Call::new() } else { Call::new().columns(columns) };
        let plain = problem.run(how);
        let mut calls = vec![
            ("each", how.weights(Weights::Each(&ones[..items]))),
            ("rows", how.weights(Weights::Rows(&ones[..rows]))),
            ("mask of all", how.mask(&kept[..items])),
            ("mask of all rows", how.mask(&kept[..rows])),
            ("upstream of one", how.upstream_each(&ones[..items])),
        ];
        if !problem.subject.by_row {
            calls.push(("columns", how.weights(Weights::Columns(&ones[..columns]))));
        }
        for (which, how) in calls {
            problem.run(how).assert_same(&plain, &format!("{}, {which}", name(&problem)));
        }
    }
}

fn fused_levels_agree<T: Number>() {
    for problem in problems::<T>(&SHAPES).chain(problems::<T>(&[(1, 9000), (300, 33)])) {
        let model = problem.run(Call::new().level(lossfn::internals::reference()));
        for level in fused_levels() {
            let what = format!("{} on {level:?}", name(&problem));
            problem.run(Call::new().level(level)).assert_same(&model, &what);
        }
    }
}

/// Large inputs on pools of several sizes: so large that threads share them at half of it, too, for a checker of races
/// (`LOSSFN_TEST_SHRINK=2`). Light losses of elements are shared from 2^19 on, all others from 2^17.
#[cfg(feature = "rayon")]
mod threads {
    use super::{Problem, name, problems};
    use crate::support::{AnyLoss, Number, Results, Rng, Y, assert_same, for_both_types, scaled, subjects};
    use lossfn::{BceWithLogits, ByRow, Call, Layout, Threads};
    use rayon::{ThreadPool, ThreadPoolBuilder};

    for_both_types!(elements_on_any_pool, rows_on_any_pool, axes_on_any_pool);

    fn pools() -> Vec<ThreadPool> {
        [1, 2, 3, 8, 16].map(|n| ThreadPoolBuilder::new().num_threads(n).build().expect("threads")).into()
    }

    /// The value, the gradient and the unreduced losses of one call.
    fn results<T: Number>(problem: &Problem<T>, how: Call<'_, T>) -> Results<T> {
        let nan = T::of(f64::NAN);
        let (mut grad, mut each) = (vec![nan; problem.x.len()], vec![nan; problem.items()]);
        let bound = problem.bind(how);
        let outcome = bound.value_and_grad(&problem.x, &mut grad).unwrap();
        let mut alone = vec![nan; problem.x.len()];
        bound.grad(&problem.x, &mut alone).unwrap();
        assert_same(&alone, &grad, "the gradient alone");
        assert_eq!(bound.value(&problem.x).unwrap().value.bits(), outcome.value.bits(), "the value alone");
        bound.each(&problem.x, &mut each).unwrap();
        let mut each_grad = problem.x.clone();
        bound.value_and_grad_in_place(&mut each_grad).unwrap();
        Results { value: outcome.value, totals: outcome.totals, grad, each, each_grad }
    }

    fn same_on_any_pool<T: Number>(problem: &Problem<T>, pools: &[ThreadPool]) {
        let serial = results(problem, Call::new().threads(Threads::Serial));
        results(problem, Call::new()).assert_same(&serial, &format!("{} on the global pool", name(problem)));
        for pool in pools {
            let n = pool.current_num_threads();
            let found = pool.install(|| {
                let auto = || results(problem, Call::new().threads(Threads::Auto));
                // Two calls at once, as in a trainer that has threads of its own.
                if n == 3 { <[_; 2]>::from(rayon::join(auto, auto)).into() } else { vec![auto()] }
            });
            found.iter().for_each(|found| found.assert_same(&serial, &format!("{} on {n} threads", name(problem))));
        }
    }

    fn elements_on_any_pool<T: Number>() {
        let pools = pools();
        for subject in subjects::<T>().into_iter().filter(|subject| !subject.by_row) {
            let columns = 17;
            let problem = Problem::new(subject, scaled((1 << 20) / columns), columns, 1);
            same_on_any_pool(&problem, &pools);
        }
    }

    /// Rows of elements along an axis: threads share one sample.
    fn axes_on_any_pool<T: Number>() {
        let (columns, inner) = (3, scaled(100_000));
        let mut rng = Rng(5);
        let mut draw = || -> Vec<T> { (0..2 * columns * inner).map(|_| T::of(rng.between(0.01, 0.99))).collect() };
        let (x, t) = (draw(), draw());
        let run = |threads| {
            let how = Call::new().layout(Layout::axis(columns, inner)).by_row(ByRow::Mean).threads(threads);
            let bound = T::bind(AnyLoss::Bce(BceWithLogits::new()), how, Y::Numbers(&t));
            let (mut place, mut each) = (x.clone(), vec![T::of(f64::NAN); 2 * inner]);
            let value = bound.value_and_grad_in_place(&mut place).unwrap().value;
            bound.each(&x, &mut each).unwrap();
            [vec![value], wide(&place), wide(&each)].concat()
        };
        let serial = run(Threads::Serial);
        for pool in pools() {
            let found = pool.install(|| run(Threads::Auto));
            assert!(found == serial, "{} on {} threads", T::NAME, pool.current_num_threads());
        }
    }

    fn wide<T: Number>(numbers: &[T]) -> Vec<f64> {
        numbers.iter().map(|x| x.wide()).collect()
    }

    fn rows_on_any_pool<T: Number>() {
        let pools = pools();
        let shapes = [(scaled(65536), 10), (scaled(700), 1000), (1, scaled(262_144)), (5, scaled(70_001))];
        for problem in problems::<T>(&shapes).filter(|problem| problem.subject.by_row) {
            same_on_any_pool(&problem, &pools);
        }
    }
}

/// A gradient that no cache holds is stored past them. Its parts, which a cache holds, are not.
#[test]
fn a_large_gradient_has_the_bits_of_its_parts() {
    let n = support::scaled(1 << 23) + 37;
    let numbers = |seed| -> Vec<f32> {
        let mut rng = support::Rng(seed);
        (0..n).map(|_| rng.between(-9.0, 9.0) as f32).collect()
    };
    let (x, t) = (numbers(1), numbers(2));
    for level in fused_levels() {
        let call = Call::new().mean(Divisor::Fixed(3.0)).level(level);
        // Of a large allocation, the beginnings of a quarter of a line, of none, and of a line.
        for offset in [0, 1, 12] {
            let (x, t) = (&x[offset..], &t[offset..]);
            large_as_parts(Huber::new(1.0).with(call), x, t, offset, &format!("{level:?} from {offset}"));
            let rows = x.len() / 64 * 64;
            let (x, t) = (&x[..rows], &t[..rows]);
            large_as_parts(
                CosineSimilarity::new(64).with(call),
                x,
                t,
                offset,
                &format!("rows, {level:?} from {offset}"),
            );
        }
    }
}

fn large_as_parts(loss: impl Loss<f32>, x: &[f32], t: &[f32], offset: usize, what: &str) {
    let room = offset + x.len();
    let (mut whole, mut parts) = (vec![f32::NAN; room], vec![f32::NAN; room]);
    let value = loss.value_and_grad(x, t, &mut whole[offset..]).expect("a call").value;
    let each = 1 << 20;
    for ((x, t), parts) in x.chunks(each).zip(t.chunks(each)).zip(parts[offset..].chunks_mut(each)) {
        loss.grad(x, t, parts).expect("a call");
    }
    assert_same(&whole[offset..], &parts[offset..], what);
    whole[offset..].copy_from_slice(x);
    assert_eq!(loss.value_and_grad_in_place(&mut whole[offset..], t).expect("a call").value, value, "{what}, in place");
    assert_same(&whole[offset..], &parts[offset..], &format!("{what}, in place"));
    assert_eq!(value, loss.value(x, t).expect("a call").value, "{what}");
}
