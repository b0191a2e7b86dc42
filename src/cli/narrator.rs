//! What happens on the way to a file or a listing, in words.

use super::output::Output;
use crate::base::text;
use crate::dataset::Event;

/// Says what happens on the way, for a person.
#[derive(Clone)]
pub struct Narrator {
    output: Output,
    shown: String,
    prefix: String,
}

impl Narrator {
    /// Of what is `shown` so; `prefix` begins lines about failures.
    pub fn new(output: &Output, prefix: &str, shown: &str) -> Self {
        Self {
            output: output.clone(),
            shown: shown.to_owned(),
            prefix: prefix.to_owned(),
        }
    }

    /// What there is to say about an event: of most nothing.
    pub fn words(&self, event: &Event<'_>) -> Option<String> {
        match event {
            Event::Retrying {
                error,
                pause,
                attempt,
            } => Some(format!(
                "{}{error}; try {attempt} in {}",
                self.prefix,
                text::seconds(*pause)
            )),
            Event::Restarted { why } => Some(format!(
                "outbound: {} starts again from the first byte: {why}",
                self.shown
            )),
            Event::Lost {
                error,
                unfinished,
                is_final,
            } => {
                let rest = match unfinished {
                    0 => None,
                    1 => Some("1 byte of what was not whole is left out".to_owned()),
                    more => Some(format!("{more} bytes of what was not whole are left out")),
                };
                // An error that ends it is said by whoever gets it.
                let words = match (is_final, rest) {
                    (true, rest) => rest,
                    (false, None) => Some(error.to_string()),
                    (false, Some(rest)) => Some(format!("{error}; {rest}")),
                };
                words.map(|words| format!("{}{words}", self.prefix))
            }
            Event::Unplaced { why } => Some(format!(
                "{}{why}; what came meanwhile is lost, or comes again",
                self.prefix
            )),
            Event::Waiting { pause, attempt } => Some(format!(
                "{}try {attempt} in {}",
                self.prefix,
                text::seconds(*pause)
            )),
            Event::Reconnected { .. } => Some(format!("{}connected again", self.prefix)),
            Event::Doubted { why } => self.output.doubt(why),
            _ => None,
        }
    }

    /// Says them.
    pub fn say(&self, words: &str) {
        self.output.say(words);
    }
}
