//! The views of entries that lie an axis apart: every part has its own entries, and halves have none in common. The file
//! is compiled here by itself, so that a memory checker sees its `unsafe` code alone.

#[path = "../src/lane/window.rs"]
mod window;

use window::{Window, WindowMut};

const SHAPES: [(usize, usize, usize); 7] =
    [(1, 1, 1), (2, 3, 1), (3, 2, 5), (1, 4, 7), (4, 1, 3), (2, 3, 0), (0, 3, 4)];

fn entry(position: usize, class: usize, classes: usize, inner: usize) -> usize {
    (position / inner * classes + class) * inner + position % inner
}

#[test]
fn every_part_has_its_own_entries() {
    for (samples, classes, inner) in SHAPES {
        let whole: Vec<usize> = (0..samples * classes * inner).collect();
        let window = Window::new(&whole, classes, classes, inner);
        let positions = samples * inner;
        assert_eq!(window.len(), positions);
        for start in 0..=positions {
            for end in start..=positions {
                let part = window.part(0..end).part(start..end);
                for class in 0..classes {
                    let mut row = vec![usize::MAX; end - start];
                    part.copy_row(class, &mut row);
                    let wanted: Vec<usize> = (start..end).map(|p| entry(p, class, classes, inner)).collect();
                    assert_eq!(row, wanted);
                    if class + 2 <= classes {
                        let mut rows = [vec![0; end - start], vec![0; end - start]];
                        part.gather(class, rows.each_mut().map(|row| &mut row[..]));
                        assert!(rows[0] == row && rows[1].iter().zip(&row).all(|(a, b)| *a == b + inner));
                    }
                    assert!(wanted.starts_with(part.row(class)));
                    assert!(start == end || !part.row(class).is_empty());
                }
            }
        }
    }
}

#[test]
fn halves_write_side_by_side() {
    for (samples, classes, inner) in SHAPES {
        let positions = samples * inner;
        for at in 0..=positions {
            let mut whole = vec![0; positions * classes];
            let mut second = WindowMut::new(&mut whole, classes, classes, inner);
            let mut first = second.split_off(at);
            std::thread::scope(|scope| {
                for (half, mark) in [(&mut first, 1), (&mut second, 2)] {
                    scope.spawn(move || {
                        for class in 0..classes {
                            let mut row = vec![0; half.len()];
                            half.shared().copy_row(class, &mut row);
                            assert!(row.iter().all(|x| *x == 0));
                            half.paste_row(class, &vec![mark; half.len()]);
                        }
                    });
                }
            });
            for position in 0..positions {
                let wanted = if position < at { 1 } else { 2 };
                assert!((0..classes).all(|class| whole[entry(position, class, classes, inner)] == wanted));
            }
        }
    }
}

#[test]
fn neighbouring_classes_at_once() {
    let mut whole: Vec<usize> = (0..24).collect();
    let mut window = WindowMut::new(&mut whole, 4, 4, 3);
    let mut part = window.part(4..6);
    let [a, b] = part.rows::<2>(1);
    assert_eq!((&*a, &*b), (&[16, 17][..], &[19, 20][..]));
    (a[1], b[0]) = (100, 200);
    assert_eq!((whole[17], whole[19]), (100, 200));
}

#[test]
#[should_panic(expected = "a class")]
fn no_class() {
    let _ = Window::new(&[1, 2], 2, 2, 1).row(2);
}

#[test]
#[should_panic(expected = "positions of the window")]
fn no_position() {
    let _ = Window::new(&[1, 2], 2, 2, 1).part(0..2);
}

#[test]
fn rows_lie_side_by_side_and_a_stride_apart() {
    let whole: Vec<usize> = (0..20).collect();
    let window = Window::new(&whole, 3, 5, 1).part(1..4);
    for position in 0..3 {
        assert_eq!(window.position(position), Some(&whole[(position + 1) * 5..][..3]));
    }
    assert_eq!(window.position(3), None);
    let mut row = [0; 3];
    window.copy_row(2, &mut row);
    assert_eq!(row, [7, 12, 17]);
    assert_eq!(Window::new(&whole, 2, 2, 5).position(0), None);

    let mut written = vec![0; 20];
    let mut rest = WindowMut::new(&mut written, 3, 5, 1);
    let mut first = rest.split_off(1);
    rest.paste_row(0, &[1, 2, 3]);
    rest.position(1).expect("a row")[2] = 4;
    first.position(0).expect("a row").fill(5);
    assert_eq!((first.position(1), rest.position(3)), (None, None));
    assert_eq!(written, [5, 5, 5, 0, 0, 1, 0, 0, 0, 0, 2, 0, 4, 0, 0, 3, 0, 0, 0, 0]);
}
