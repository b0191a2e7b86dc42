//! Who chooses, and what is said about those who did not.
