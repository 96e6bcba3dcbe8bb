//! Views of entries whose classes lie an axis apart, so that threads can share the positions of one sample.
//!
//! The entry of class `j` at index `i` of sample `n` is `(n C + j) I + i`, or `n S + j` of rows with a stride. A position
//! is one pair of `n` and `i`, and positions are counted in that order. A window is a range of positions with all their classes: its entries are no
//! slice, but those of one class in one sample are.
#![allow(unsafe_code, reason = "two windows interleave: no safe split gives them")]

use core::marker::PhantomData;
use core::ops::Range;

/// Which entries of the whole a window has.
#[derive(Clone, Copy, Debug)]
struct Place {
    classes: usize,
    inner: usize,
    /// Entries of a sample.
    sample: usize,
    /// The entry of class 0 at the first position.
    at: usize,
    /// The index of the first position in its sample.
    index: usize,
    /// Positions.
    len: usize,
}

impl Place {
    /// All positions of so many entries.
    #[inline(always)]
    fn new(entries: usize, classes: usize, stride: usize, inner: usize) -> Self {
        assert!(classes <= stride, "rows within their stride");
        if entries == 0 {
            return Self { classes, inner, sample: 0, at: 0, index: 0, len: 0 };
        }
        let sample = stride.checked_mul(inner).filter(|sample| entries.is_multiple_of(*sample));
        let Some(sample) = sample else { panic!("whole samples") };
        Self { classes, inner, sample, at: 0, index: 0, len: entries / stride }
    }

    #[inline(always)]
    fn part(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len, "positions of the window");
        let len = range.end - range.start;
        if range.start == 0 || len == 0 {
            return Self { len, ..self };
        }
        let index = self.index + range.start;
        let (samples, index) = if index < self.inner { (0, index) } else { (index / self.inner, index % self.inner) };
        let at = self.at - self.index + samples * self.sample + index;
        Self { at, index, len, ..self }
    }

    /// How many of the first positions are of one sample.
    #[inline(always)]
    fn run(self) -> usize {
        self.len.min(self.inner - self.index)
    }

    /// The entries of a position, if they lie side by side.
    #[inline(always)]
    fn position(self, position: usize) -> Option<Range<usize>> {
        (self.inner == 1 && position < self.len).then(|| {
            let start = self.at + position * self.sample;
            start..start + self.classes
        })
    }

    /// The entries of a class at those.
    #[inline(always)]
    fn row(self, class: usize) -> Range<usize> {
        assert!(class < self.classes, "a class");
        if self.len == 0 {
            return 0..0;
        }
        let start = self.at + class * self.inner;
        start..start + self.run()
    }
}

/// Entries that are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'a, T> {
    whole: *const T,
    place: Place,
    lent: PhantomData<&'a [T]>,
}

// SAFETY: a window is a shared borrow of its entries.
unsafe impl<T: Sync> Send for Window<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Window<'_, T> {}

impl<'a, T: Copy> Window<'a, T> {
    /// All positions of whole samples.
    #[inline(always)]
    pub(crate) fn new(whole: &'a [T], classes: usize, stride: usize, inner: usize) -> Self {
        Self { whole: whole.as_ptr(), place: Place::new(whole.len(), classes, stride, inner), lent: PhantomData }
    }

    /// The number of positions.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.place.len
    }

    #[inline(always)]
    pub(crate) fn part(self, range: Range<usize>) -> Self {
        Self { place: self.place.part(range), ..self }
    }

    /// How many of the first positions are of one sample.
    #[inline(always)]
    pub(crate) fn run(self) -> usize {
        self.place.run()
    }

    /// The entries of a class at as many of the first positions as are of one sample.
    #[inline(always)]
    pub(crate) fn row(self, class: usize) -> &'a [T] {
        let row = self.place.row(class);
        // SAFETY: a place is made from a whole slice and only ever narrowed, and `row` is within it; the entries are
        // the window's own, which nobody writes to while it is borrowed.
        unsafe { core::slice::from_raw_parts(self.whole.add(row.start), row.len()) }
    }

    /// The entries of a position, if they lie side by side.
    #[inline(always)]
    pub(crate) fn position(self, position: usize) -> Option<&'a [T]> {
        let row = self.place.position(position)?;
        // SAFETY: as for `row`: the position is one of the window's, and its classes are within its stride.
        Some(unsafe { core::slice::from_raw_parts(self.whole.add(row.start), row.len()) })
    }

    /// Copies the entries of neighbouring classes at few positions, sample by sample.
    #[inline(always)]
    pub(crate) fn gather<const K: usize>(self, first: usize, to: [&mut [T]; K]) {
        let sample = self.place.sample;
        let mut rest = self;
        let mut done = 0;
        while done < self.len() {
            let run = rest.run();
            let mut k = 0;
            while k < K {
                for (to, from) in to[k][done..done + run].iter_mut().zip(rest.row(first + k)) {
                    *to = *from;
                }
                k += 1;
            }
            done += run;
            let Place { at, index, len, .. } = rest.place;
            // The next sample, if any position is left.
            let at = if len > run { at - index + sample } else { at };
            rest.place = Place { at, index: 0, len: len - run, ..rest.place };
        }
    }

    /// Copies the entries of a class at all positions.
    #[inline(always)]
    pub(crate) fn copy_row(self, class: usize, to: &mut [T]) {
        if self.place.inner == 1 {
            for (position, to) in to.iter_mut().enumerate() {
                if let Some(entries) = self.position(position) {
                    *to = entries[class];
                }
            }
            return;
        }
        self.gather(class, [to]);
    }
}

/// Entries that are written. Windows that were split have no entry in common.
#[derive(Debug)]
pub(crate) struct WindowMut<'a, T> {
    whole: *mut T,
    place: Place,
    lent: PhantomData<&'a mut [T]>,
}

// SAFETY: a window is an exclusive borrow of its entries.
unsafe impl<T: Send> Send for WindowMut<'_, T> {}
// SAFETY: a shared window gives shared entries only.
unsafe impl<T: Sync> Sync for WindowMut<'_, T> {}

impl<'a, T: Copy> WindowMut<'a, T> {
    /// All positions of whole samples.
    #[inline(always)]
    pub(crate) fn new(whole: &'a mut [T], classes: usize, stride: usize, inner: usize) -> Self {
        Self { place: Place::new(whole.len(), classes, stride, inner), whole: whole.as_mut_ptr(), lent: PhantomData }
    }

    /// The number of positions.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.place.len
    }

    /// The first so many positions; the rest stays.
    #[inline(always)]
    pub(crate) fn split_off(&mut self, positions: usize) -> Self {
        let first = self.place.part(0..positions);
        // No entry belongs to two positions, so that the two have none in common.
        self.place = self.place.part(positions..self.place.len);
        Self { place: first, ..*self }
    }

    #[inline(always)]
    pub(crate) fn part(&mut self, range: Range<usize>) -> WindowMut<'_, T> {
        WindowMut { whole: self.whole, place: self.place.part(range), lent: PhantomData }
    }

    /// The same entries, to read.
    #[inline(always)]
    pub(crate) fn shared(&self) -> Window<'_, T> {
        Window { whole: self.whole, place: self.place, lent: PhantomData }
    }

    /// The entries of a class at as many of the first positions as are of one sample.
    #[inline(always)]
    pub(crate) fn row(&mut self, class: usize) -> &mut [T] {
        let row = self.place.row(class);
        // SAFETY: a place is made from a whole slice and only ever narrowed, and `row` is within it; the entries are
        // the window's own, which is borrowed exclusively for as long as they are.
        unsafe { core::slice::from_raw_parts_mut(self.whole.add(row.start), row.len()) }
    }

    /// The entries of a position, if they lie side by side.
    #[inline(always)]
    pub(crate) fn position(&mut self, position: usize) -> Option<&mut [T]> {
        let row = self.place.position(position)?;
        // SAFETY: as for `row`: the position is one of the window's, and its classes are within its stride.
        Some(unsafe { core::slice::from_raw_parts_mut(self.whole.add(row.start), row.len()) })
    }

    /// The entries of neighbouring classes, as [`row`](Self::row).
    #[inline(always)]
    pub(crate) fn rows<const K: usize>(&mut self, first: usize) -> [&mut [T]; K] {
        assert!(K <= self.place.classes && first <= self.place.classes - K, "classes");
        core::array::from_fn(|k| {
            let row = self.place.row(first + k);
            // SAFETY: as for `row`; the entries of different classes are different.
            unsafe { core::slice::from_raw_parts_mut(self.whole.add(row.start), row.len()) }
        })
    }

    /// Writes the entries of a class at all positions.
    #[inline(always)]
    pub(crate) fn paste_row(&mut self, class: usize, from: &[T]) {
        let len = self.len();
        if self.place.inner == 1 {
            for (position, from) in from[..len].iter().enumerate() {
                if let Some(entries) = self.position(position) {
                    entries[class] = *from;
                }
            }
            return;
        }
        let (mut rest, mut from) = (self.part(0..len), &from[..len]);
        while !from.is_empty() {
            let row = rest.row(class);
            let run = row.len();
            row.copy_from_slice(&from[..run]);
            let left = rest.len();
            rest = WindowMut { place: rest.place.part(run..left), ..rest };
            from = &from[run..];
        }
    }
}
