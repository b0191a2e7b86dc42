//! From the lines of a listing to what they are.

use std::time::SystemTime;

use super::{Entry, Form, Kind, LINE_MAX, Line};
use super::{dos, eplf, mlsd, months, mvs, os400, unix, vms};
use crate::base::Encoding;

/// What all lines of a listing have in common.
pub(super) struct Context {
    pub(super) now: SystemTime,
    pub(super) encoding: Option<Encoding>,
}

/// Reads the lines of one listing, in their order. The forms of LIST are told apart line by line,
/// because some servers mix them; a few say in one line what the next ones mean.
///
/// It holds one line at most, and takes time that grows with a line's length alone.
pub struct Parser {
    form: Form,
    context: Context,
    /// A name whose other columns are to come on the next line.
    held: Option<Vec<u8>>,
    last_vms: Vec<u8>,
    order: os400::Order,
    table: mvs::Table,
}

impl Parser {
    /// `now` settles the year that `Jan 12 10:30` leaves out.
    pub fn new(form: Form, now: SystemTime) -> Self {
        Self {
            form,
            context: Context {
                now,
                encoding: None,
            },
            held: None,
            last_vms: Vec::new(),
            order: os400::Order::default(),
            table: mvs::Table::default(),
        }
    }

    /// The encoding of the server's words, for the names of months. Without it the usual ones are
    /// tried. Names of files stay bytes.
    pub fn with_encoding(mut self, encoding: Option<Encoding>) -> Self {
        self.context.encoding = encoding;
        self
    }

    /// Takes a line, without or with its line end, and gives what was understood with it: the line
    /// itself, joined with the one before where they belong together.
    pub fn push(&mut self, line: &[u8], each: &mut impl FnMut(&[u8], Line)) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(held) = self.held.take() {
            let is_rest = line.starts_with(b" ") && held.len() + line.len() <= LINE_MAX;
            if is_rest && !line.trim_ascii().is_empty() {
                let joined = [&held[..], line].concat();
                let found = self.read(&joined);
                return each(&joined, found);
            }
            each(&held, Line::Unrecognised);
        }
        let is_list = self.form == Form::List;
        if is_list && line.len() <= LINE_MAX && vms::is_name_alone(line) {
            self.held = Some(line.to_vec());
            return;
        }
        let found = self.read(line);
        each(line, found);
    }

    /// The listing has ended.
    pub fn finish(&mut self, each: &mut impl FnMut(&[u8], Line)) {
        if let Some(held) = self.held.take() {
            each(&held, Line::Unrecognised);
        }
    }

    fn read(&mut self, line: &[u8]) -> Line {
        if line.len() > LINE_MAX {
            return Line::Unrecognised;
        }
        // A blank is a name to MLSD, where another stands before it.
        let least = if self.form == Form::Mlsd {
            2
        } else {
            usize::MAX
        };
        if line.len() < least && line.iter().all(|b| *b == b' ') {
            return Line::Header;
        }
        let found = match self.form {
            Form::Mlsd => mlsd::line(line),
            Form::List => self.list(line),
            Form::Nlst => {
                let name = line.strip_prefix(b"./").unwrap_or(line);
                Some(Line::Entry(Entry::new(name, Kind::Unknown)))
            }
        };
        match found {
            Some(Line::Entry(entry)) => settle(entry, self.form),
            Some(line) => line,
            None => Line::Unrecognised,
        }
    }

    fn list(&mut self, line: &[u8]) -> Option<Line> {
        if let Some(table) = mvs::header(line) {
            self.table = table;
            return Some(Line::Header);
        }
        if months::is_total(line, self.context.encoding) || vms::is_header(line) {
            return Some(Line::Header);
        }
        let entry = match line[0] {
            b'+' => eplf::entry(line),
            b' ' => dos::os2(line),
            _ if line.get(1) == Some(&b' ') && line.get(2) == Some(&b'[') => {
                unix::netware(line, &self.context)
            }
            _ => None,
        };
        entry
            .or_else(|| unix::entry(line, &self.context))
            .or_else(|| dos::entry(line))
            .or_else(|| dos::os2(line))
            .map(Line::Entry)
            .or_else(|| vms::line(line, &mut self.last_vms))
            .or_else(|| os400::entry(line, &mut self.order).map(Line::Entry))
            .or_else(|| mvs::line(line, self.table))
    }
}

/// The rules for all forms.
fn settle(mut entry: Entry, form: Form) -> Line {
    // `ls -F`. A name has no slash.
    if entry.kind == Kind::Folder
        && let Some(bare) = entry.name.strip_suffix(b"/")
    {
        entry.name = bare.to_vec();
    }
    match entry.name.as_slice() {
        b"." | b".." => Line::Around,
        b"" => Line::Unrecognised,
        name if form != Form::Mlsd && name.iter().all(|b| *b == b' ') => Line::Unrecognised,
        _ => Line::Entry(entry),
    }
}
