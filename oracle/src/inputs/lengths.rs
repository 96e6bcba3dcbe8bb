//! How long slices are, and where they start.

/// The most elements that a kernel takes at once.
pub const LANES: usize = 16;

/// Where blocks, chunks and tasks may end.
const BOUNDARIES: [usize; 4] = [256, 512, 1024, 65536];

/// Lengths up to `limit`: every one up to four vectors and a part of the fifth, then both sides of every boundary.
pub fn lengths(limit: usize) -> impl Iterator<Item = usize> {
    let around = |boundary| [boundary - 1, boundary, boundary + 1];
    (0..=4 * LANES + 3).chain(BOUNDARIES.into_iter().flat_map(around)).filter(move |length| *length <= limit)
}

/// Elements before a slice: every alignment that a vector can see, and one vector.
pub fn offsets() -> core::ops::RangeInclusive<usize> {
    0..=LANES
}

#[cfg(test)]
mod tests {
    use super::lengths;

    #[test]
    fn both_sides_of_every_boundary() {
        let all: Vec<usize> = lengths(usize::MAX).collect();
        assert!(all.is_sorted());
        assert_eq!(all.len(), 68 + 12);
        assert!([0, 1, 15, 16, 17, 67, 255, 257, 65535, 65536, 65537].iter().all(|length| all.contains(length)));
        assert_eq!(lengths(512).last(), Some(512));
    }
}
