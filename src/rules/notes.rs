//! The comment that a configuration begins with, and what holds for every proxy.

use super::need::{By, Need, Ports, words};
use super::{Form, PRIVATE, Plan, Product};
use crate::base::text;

/// Comments are not wider than this.
const WIDTH: usize = 100;

/// What no proxy can be told, or has to be known beside its lines.
pub(super) fn common(plan: &Plan) -> Vec<String> {
    let any = |is: fn(&Need) -> bool| plan.needs.iter().any(is);
    let mut notes = Vec::new();
    if any(|need| need.by == By::Connect) {
        notes.push(
            "inside a tunnel (CONNECT) a proxy sees neither paths nor methods: host and port are all \
             that can be limited"
                .to_owned(),
        );
    }
    if any(|need| need.purposes.iter().any(|what| what.starts_with("http"))) {
        notes.push(
            "a host that a server redirects to needs lines of its own, and cannot be known \
             beforehand: `outbound check URL` prints them when it is refused"
                .to_owned(),
        );
    }
    if any(|need| need.is_passive() && need.ports.contains(&Ports::PASSIVE)) {
        notes.push(format!(
            "an FTP server chooses the port of each transfer: {} are open to the FTP hosts; where a \
             server's own range is known, --passive FIRST-LAST narrows that",
            Ports::PASSIVE
        ));
    }
    notes
}

/// The note for a user whose name cannot stand there.
pub(super) fn unnamed_user(plan: &Plan) -> Option<String> {
    (plan.user.is_some() && plain_user(plan).is_none()).then(|| {
        "the user's name has characters that these lines cannot hold: they let every user pass who \
         shows a password that is right"
            .to_owned()
    })
}

/// The note for clients that nobody named.
pub(super) fn unnamed_clients(plan: &Plan) -> Option<String> {
    plan.clients.is_empty().then(|| {
        "the clients are all private addresses: --client ADDRESS or NETWORK names them".to_owned()
    })
}

/// The networks of the clients.
pub(super) fn clients(plan: &Plan) -> String {
    match &plan.clients[..] {
        [] => PRIVATE.to_owned(),
        named => words(named),
    }
}

/// The comment at the top.
pub(super) fn head(product: Product, plan: &Plan, form: Form, notes: &[String]) -> Vec<String> {
    let what = match (form, product) {
        (_, Product::Haproxy) => "a filter in front of",
        (Form::Lines, _) => "lines to add to the configuration of",
        (Form::Whole, _) => "the configuration of",
    };
    let mut lines = comment(&format!(
        "{product}: {what} {}, by `outbound rules`",
        plan.proxy
    ));
    if !notes.is_empty() {
        lines.push("# To know:".to_owned());
    }
    for note in notes {
        lines.extend(text::wrapped(note, "# - ", "#   ", WIDTH));
    }
    lines.push(String::new());
    lines
}

/// A comment, on as many lines as it needs.
pub(super) fn comment(words: &str) -> Vec<String> {
    text::wrapped(words, "# ", "# ", WIDTH)
}

/// A user name that can stand in a configuration as it is.
pub(super) fn plain_user(plan: &Plan) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
    let user = plan.user.as_deref()?;
    let starts = user.starts_with(|c: char| c.is_ascii_alphanumeric());
    (starts && user.chars().all(plain)).then_some(user)
}

/// Longer names are cut: Squid takes 63 bytes.
const LONGEST: usize = 60;

/// A name for what is in a list: two lists of one name have the same in them.
pub(super) fn named(prefix: &str, what: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:@".contains(c);
    let clean = |c: char| if plain(c) { c } else { '_' };
    let words: String = what.chars().map(clean).collect();
    // A cut name, or one in which two characters became one, says with a digest what it is of.
    if words.contains('_') && !what.contains(' ') || prefix.len() + 1 + words.len() > LONGEST {
        let kept: String = words.chars().take(LONGEST - prefix.len() - 10).collect();
        return format!("{prefix}_{kept}_{:08x}", digest(what));
    }
    format!("{prefix}_{words}")
}

/// FNV-1a: the same on every machine and in every version.
fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
