//! What `fuzz/` feeds with bytes: one function a target. Each is written beside the code that it tests, and tests run
//! all of them over the seeds.

/// A target: takes any bytes, and panics where something does not hold.
pub type Target = fn(&[u8]);

/// Every target, by the name of its program and of the folder of its seeds.
pub const TARGETS: [(&str, Target); 12] = [
    ("lines", lines),
    ("states", states),
    ("configuration", configuration),
    ("conditions", conditions),
    ("templates", templates),
    ("phones", phones),
    ("replies_of_itnio", replies_of_itnio),
    ("replies_of_vbee", replies_of_vbee),
    ("answers", answers),
    ("ledger_files", ledger_files),
    ("sql", sql),
    ("do_not_call_files", do_not_call_files),
];

/// Lines of stdin, in both dialects.
pub fn lines(data: &[u8]) {
    crate::protocol::fuzz::lines(data);
}

/// The inside of a STATE, in both dialects.
pub fn states(data: &[u8]) {
    crate::protocol::fuzz::states(data);
}

/// A configuration as a file.
pub fn configuration(data: &[u8]) {
    crate::commands::fuzz::configuration(data);
}

/// A condition and a record that the bytes draw, against the reference.
pub fn conditions(data: &[u8]) {
    crate::conditions::fuzz::conditions(data);
}

/// A condition as a text, of a record as a text.
pub fn sql(data: &[u8]) {
    crate::conditions::fuzz::sql(data);
}

/// A template, and behind a line of dashes a record.
pub fn templates(data: &[u8]) {
    crate::templates::fuzz::templates(data);
}

/// Rules, a country and a number, against the phone library.
pub fn phones(data: &[u8]) {
    crate::phone::fuzz::phones(data);
}

/// A status and a body of itnio's.
pub fn replies_of_itnio(data: &[u8]) {
    crate::providers::fuzz::replies("itnio", data);
}

/// A status and a body of Vbee's.
pub fn replies_of_vbee(data: &[u8]) {
    crate::providers::fuzz::replies("vbee", data);
}

/// Headers and the bytes of a body.
pub fn answers(data: &[u8]) {
    crate::delivery::fuzz::answers(data);
}

/// A format and a file of people who must not be called.
pub fn do_not_call_files(data: &[u8]) {
    crate::listing::fuzz::do_not_call_files(data);
}

/// What happens to the files of a ledger.
pub fn ledger_files(data: &[u8]) {
    crate::ledger::sqlite::fuzz::files(data);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_target_holds_over_its_seeds() {
        for (name, target) in TARGETS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
            let seeds: Vec<_> = fs::read_dir(&folder).unwrap().map(|seed| seed.unwrap().path()).collect();
            assert!(!seeds.is_empty(), "{name} has no seeds");
            for seed in seeds {
                let held = std::panic::catch_unwind(|| target(&fs::read(&seed).unwrap()));
                assert!(held.is_ok(), "{} does not hold", seed.display());
            }
        }
    }

    #[test]
    fn every_target_has_its_program() {
        let cargo = include_str!("../fuzz/Cargo.toml");
        for (name, _) in TARGETS {
            let program = format!("fuzz/fuzz_targets/{name}.rs");
            let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&program)).unwrap();
            assert!(text.contains(&format!("fuzzing::{name}(data)")), "{program}");
            assert!(
                cargo.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
                "{name} is not in fuzz/Cargo.toml"
            );
        }
    }
}
