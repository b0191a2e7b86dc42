//! What was sent in secret, and the other side's words without it: error pages repeat requests.

use super::Secret;

/// Values that are not shown where the other side repeats them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden(Vec<Secret>);

impl Hidden {
    /// A shorter one would stand in half of all texts, and its gaps would tell it.
    const LEAST: usize = 4;

    /// Hides a value, in whatever stands around it.
    pub fn add(&mut self, value: &str) {
        if value.len() >= Self::LEAST {
            self.0.push(Secret::new(value));
            // The longest first: one that lies in another would leave the rest of it.
            self.0
                .sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        }
    }

    /// The text, with `…` in the place of each value.
    pub fn out_of(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), "…");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_value_is_left() {
        let mut hidden = Hidden::default();
        for value in ["hunter", "hunter22", "abc", ""] {
            hidden.add(value);
        }
        assert_eq!(hidden.out_of("hunter22, hunter, abc."), "…, …, abc.");
        assert_eq!(format!("{hidden:?}"), "Hidden([…, …])");
    }
}
