//! How the rows of a batch lie in its slices.

use lossfn::Layout;

/// Rows at a stride, or along an axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    pub(crate) columns: usize,
    /// From one row to the next, where they follow one another.
    pub(crate) stride: usize,
    /// The length of the axis behind that of the columns: the entries of a row are that far apart.
    pub(crate) inner: usize,
}

impl Placement {
    /// Of elements, each of which is a row.
    pub(crate) const ELEMENTS: Self = Self { columns: 1, stride: 1, inner: 1 };

    pub(crate) fn layout(self) -> Layout {
        let Self { columns, stride, inner } = self;
        if inner == 1 { Layout::rows(columns).stride(stride) } else { Layout::axis(columns, inner) }
    }

    /// Rows that follow one another, laid out. What lies between them is `filler`.
    pub(crate) fn lay_out<T: Copy>(self, rows: &[T], filler: T) -> Vec<T> {
        let mut entries = vec![filler; rows.len() / self.columns * self.stride];
        for (row, from) in rows.chunks(self.columns).enumerate() {
            self.places(row).zip(from).for_each(|(at, entry)| entries[at] = *entry);
        }
        entries
    }

    /// The rows out of their layout, so many as `count`.
    pub(crate) fn rows_of<T: Copy>(self, entries: &[T], count: usize) -> Vec<T> {
        (0..count).flat_map(|row| self.places(row)).map(|at| entries[at]).collect()
    }

    /// What lies between the rows.
    pub(crate) fn between<T>(self, entries: &[T]) -> impl Iterator<Item = &T> {
        entries.chunks(self.stride).flat_map(move |row| &row[self.columns..])
    }

    /// Where the entries of a row are.
    fn places(self, row: usize) -> impl Iterator<Item = usize> {
        let Self { columns, stride, inner } = self;
        let start = if inner == 1 { row * stride } else { row / inner * columns * inner + row % inner };
        (start..).step_by(inner).take(columns)
    }
}
