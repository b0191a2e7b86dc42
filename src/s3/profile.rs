//! The files of `~/.aws`: what they say of a profile.

use std::collections::HashMap;

/// The keys of one profile, with lower-case names.
pub(crate) type Profile = HashMap<String, String>;

/// The keys of the profile `name` in the text of `~/.aws/credentials` or `~/.aws/config`, where it is
/// called `[name]` or `[profile name]` (AWS SDKs and Tools Reference Guide, "Shared config and
/// credentials files"). `None` when there is no such profile. Lines that are no `key = value` and
/// those of nested tables are passed over, as the AWS tools do.
pub(crate) fn profile(text: &str, name: &str) -> Option<Profile> {
    let mut found: Option<Profile> = None;
    let mut inside = false;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = bare.strip_prefix('[') {
            let section = section.split(']').next().unwrap_or_default().trim();
            let of_config = section.strip_prefix("profile").map(str::trim_start);
            let called = match of_config {
                Some(rest) if section.len() > "profile".len() + rest.len() => {
                    rest.trim_matches('"')
                }
                _ => section,
            };
            inside = called == name;
            if inside {
                found.get_or_insert_default();
            }
            continue;
        }
        let nested = line.starts_with([' ', '\t']);
        if let (true, false, Some(profile), Some((key, value))) =
            (inside, nested, &mut found, bare.split_once('='))
        {
            // A comment begins behind a blank: secret keys may hold `#`.
            let value = value.split(" #").next().unwrap_or_default();
            let value = value.split(" ;").next().unwrap_or_default().trim();
            profile.insert(key.trim().to_ascii_lowercase(), value.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_found() {
        let text = "\u{feff}# c\n[default]\naws_access_key_id = AKID\naws_secret_access_key=a/b+c#d==\n\
                    region = eu-west-1 # near\n\n[profile lake]\nRegion=us-east-2\ns3 =\n  addressing_style = path\n\
                    endpoint_url = http://h:9 ; x\n[profile \"a b\"]\nregion = x\n[profiles]\nregion = y\n[default]\nextra = 1\n";
        let of = |name: &str, key: &str| profile(text, name)?.get(key).cloned();
        #[rustfmt::skip]
        let table = [
            ("default", "aws_access_key_id", Some("AKID")),
            ("default", "aws_secret_access_key", Some("a/b+c#d==")),
            ("default", "region", Some("eu-west-1")),
            ("default", "extra", Some("1")),
            ("lake", "region", Some("us-east-2")),
            ("lake", "addressing_style", None),
            ("lake", "endpoint_url", Some("http://h:9")),
            ("a b", "region", Some("x")),
            ("profiles", "region", Some("y")),
            ("none", "region", None),
        ];
        for (name, key, wanted) in table {
            assert_eq!(of(name, key).as_deref(), wanted, "{name}.{key}");
        }
        assert_eq!(profile("[x]\n", "x"), Some(Profile::new()));
        assert_eq!(profile("garbage\n[unclosed\n=\n", "x"), None);
    }
}
