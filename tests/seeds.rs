//! The seeds of the fuzz targets, which `scripts/fuzz-smoke` starts from: every one still passes.

mod judging;
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use std::path::Path;

#[test]
fn every_seed_passes() {
    for (name, body) in targets::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
        let seeds = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let paths: Vec<_> = seeds.map(|seed| seed.expect("a seed").path()).collect();
        assert!(!paths.is_empty(), "{name} has no seeds");
        for path in paths {
            println!("{}", path.display());
            body(&std::fs::read(&path).expect("a seed"));
        }
    }
}
