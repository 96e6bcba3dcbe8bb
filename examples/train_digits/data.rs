//! The handwritten digits: parsed from the embedded file, split by class, centred.

use crate::cli::Error;
use fastrand::Rng;

pub(crate) const PIXELS: usize = 64;
pub(crate) const CLASSES: usize = 10;
const HELD_OUT: f64 = 0.25;
const FILE: &str = "examples/data/digits.csv";
const TEXT: &str = include_str!("../data/digits.csv");

/// Images in rows of [`PIXELS`], one label for each.
#[derive(Default)]
pub(crate) struct Digits {
    pub(crate) images: Vec<f32>,
    pub(crate) labels: Vec<u8>,
}

impl Digits {
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    pub(crate) fn image(&self, index: usize) -> &[f32] {
        &self.images[index * PIXELS..][..PIXELS]
    }

    fn push(&mut self, image: &[f32], label: u8) {
        self.images.extend_from_slice(image);
        self.labels.push(label);
    }
}

/// Images whose pixels go from 0 to 1.
pub(crate) fn load() -> Result<Digits, Error> {
    let mut digits = Digits::default();
    for (number, line) in TEXT.lines().enumerate().skip(1) {
        let damaged = Error::Data { file: FILE, line: number + 1 };
        let values: Option<Vec<u8>> = line.split(',').map(|field| field.parse().ok()).collect();
        match values.as_deref() {
            Some([pixels @ .., label]) if pixels.len() == PIXELS && usize::from(*label) < CLASSES => {
                digits.images.extend(pixels.iter().map(|&pixel| f32::from(pixel) / 16.0));
                digits.labels.push(*label);
            }
            _ => return Err(damaged),
        }
    }
    Ok(digits)
}

/// A training set and a held-out set, with the same share of every class in both.
pub(crate) fn split(digits: &Digits, rng: &mut Rng) -> (Digits, Digits) {
    let (mut train, mut held_out) = (Digits::default(), Digits::default());
    for class in 0..CLASSES {
        let mut members: Vec<usize> = (0..digits.len()).filter(|&i| usize::from(digits.labels[i]) == class).collect();
        rng.shuffle(&mut members);
        let kept_back = (members.len() as f64 * HELD_OUT).round() as usize;
        for (rank, &index) in members.iter().enumerate() {
            let part = if rank < kept_back { &mut held_out } else { &mut train };
            part.push(digits.image(index), digits.labels[index]);
        }
    }
    (train, held_out)
}

/// Subtracts the mean training image from both sets: the held-out images must not shape their own preparation.
pub(crate) fn centre(train: &mut Digits, held_out: &mut Digits) {
    let mut mean = [0.0_f32; PIXELS];
    for image in train.images.chunks_exact(PIXELS) {
        mean.iter_mut().zip(image).for_each(|(m, x)| *m += x);
    }
    mean.iter_mut().for_each(|m| *m /= train.len() as f32);
    for image in [train, held_out].into_iter().flat_map(|set| set.images.chunks_exact_mut(PIXELS)) {
        image.iter_mut().zip(&mean).for_each(|(x, m)| *x -= m);
    }
}
