//! What the numbers depend on.

use super::parts;
use lossfn::{Level, Threads};
use std::fs::read_to_string;
use std::process::Command;

/// Lines about the machine, the compiler, the build and the sources.
pub(crate) fn describe() -> String {
    let threads = parts::workers(Threads::Auto);
    let fused = if cfg!(target_feature = "fma") { "with" } else { "without" };
    format!(
        "- CPU: {}, last-level cache {}\n- threads: {threads}\n- level: {:?}\n- compiler: {}, target {} {fused} FMA\n\
         - sources: {}\n",
        cpu(),
        last_level_cache().map_or_else(|| "unknown".to_owned(), |bytes| format!("{} KiB", bytes / 1024)),
        Level::best(),
        compiler(),
        std::env::consts::ARCH,
        sources(),
    )
}

/// What the shares and cycles depend on, for the name of a file: processor, last cache, threads and level.
pub(crate) fn slug() -> String {
    let kibibytes = last_level_cache().unwrap_or_default() / 1024;
    let facts = format!("{} {kibibytes} KiB {} threads {:?}", cpu(), parts::workers(Threads::Auto), Level::best());
    let words = facts.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

/// Its name, and its family and model where there are such: some names are of processors of several generations.
fn cpu() -> String {
    let text = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let facts = || text.lines().filter_map(|line| line.split_once(": ")).map(|(fact, value)| (fact.trim(), value));
    let fact = |wanted| facts().find(|&(fact, _)| fact == wanted).map(|(_, value)| value);
    let name = fact("model name").unwrap_or("unknown").to_owned();
    match (fact("cpu family"), fact("model")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name,
    }
}

/// Its bytes, where the system tells.
pub(crate) fn last_level_cache() -> Option<usize> {
    let size = |index| read_to_string(format!("/sys/devices/system/cpu/cpu0/cache/index{index}/size"));
    let last = (0..8).map_while(|index| size(index).ok()).last()?;
    let kibibytes: usize = last.trim().strip_suffix('K')?.parse().ok()?;
    Some(kibibytes * 1024)
}

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    said_by(Command::new(rustc).arg("--version"))
}

/// The commit, whether files of it are changed, and its date.
fn sources() -> String {
    let commit = said_by(Command::new("git").args(["describe", "--always", "--abbrev=7", "--dirty=, changed"]));
    format!("{commit}, {}", said_by(Command::new("git").args(["log", "-1", "--format=%cs"])))
}

fn said_by(command: &mut Command) -> String {
    let said = command.output().ok().filter(|output| output.status.success());
    said.map_or_else(|| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
