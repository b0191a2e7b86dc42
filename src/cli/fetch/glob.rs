//! Patterns for `--include` and `--exclude`.

use std::str::FromStr;

use globset::{GlobBuilder, GlobMatcher};

/// A pattern, as shells have it: `*` and `?` stay within a name, `**` goes through folders.
#[derive(Clone, Debug)]
pub struct Glob {
    matcher: GlobMatcher,
    /// It has a `/` in it.
    is_path: bool,
}

impl FromStr for Glob {
    type Err = String;

    fn from_str(pattern: &str) -> Result<Self, String> {
        // What is written as a folder is one by its name: paths have no `/` at their end.
        let pattern = pattern.trim_end_matches('/');
        let is_path = pattern.contains('/');
        let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
        let built = GlobBuilder::new(pattern).literal_separator(true).build();
        let glob = built.map_err(|cause| cause.kind().to_string())?;
        Ok(Self {
            matcher: glob.compile_matcher(),
            is_path,
        })
    }
}

impl Glob {
    /// Whether it is for what lies at `path`, the last part of which is its name.
    pub fn matches(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.matcher
            .is_match(if self.is_path { path } else { name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths() {
        for (pattern, path, expected) in [
            ("*.csv", "a.csv", true),
            ("*.csv", "2020/a.csv", true),
            ("*.csv", "a.csv.gz", false),
            ("2020/*.csv", "2020/a.csv", true),
            ("2020/*.csv", "2020/q1/a.csv", false),
            ("2020/**/*.csv", "2020/q1/a.csv", true),
            ("/a.csv", "a.csv", true),
            ("/a.csv", "2020/a.csv", false),
            ("{a,b}.csv", "b.csv", true),
            ("old/", "old", true),
            ("old/", "2020/old", true),
            ("/old/", "2020/old", false),
            ("2020/old/", "2020/old", true),
        ] {
            let glob: Glob = pattern.parse().unwrap();
            assert_eq!(glob.matches(path), expected, "{pattern} {path}");
        }
        assert!("[a".parse::<Glob>().is_err());
    }
}
