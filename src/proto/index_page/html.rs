//! Index pages in HTML: links with text behind them. Pages differ in what stands around: a list, a
//! table, or text of fixed width.

use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use url::Url;

use super::link::{self, Link};
use super::{NoIndex, Page, columns};
use crate::proto::ftp::listing::{Entry, Kind};

/// Of a title, and of what stands behind a link, so many bytes are looked at.
const TEXT_MAX: usize = 512;

pub(super) fn read(page: &[u8], at: &Url) -> Result<Page, NoIndex> {
    let mut reader = Reader::new(at);
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
        reader.take(&event);
        None::<Infallible>
    });
    // Scripts and styles have no tags in them.
    emitter.naively_switch_states(true);
    // Reading from memory does not fail, and nothing is given back.
    let _ = Tokenizer::new_with_emitter(page, emitter).finish();
    reader.end()
}

/// Where the text goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// What is no part of a list.
    Outside,
    /// `<title>` and headings.
    Title,
    /// The words of a link: often cut short.
    Words,
    /// Behind a link.
    Behind,
}

struct Reader<'a> {
    at: &'a Url,
    page: Page,
    place: Place,
    text: String,
    /// The last link in the folder, whose columns may follow.
    open: Option<Entry>,
    /// Within the start tag of a link: whether the next value is where it leads.
    in_link: bool,
    is_href: bool,
    /// Whether the page says that it is an index.
    is_index: bool,
    failed: Option<NoIndex>,
}

impl<'a> Reader<'a> {
    fn new(at: &'a Url) -> Self {
        Self {
            at,
            page: Page::default(),
            place: Place::Outside,
            text: String::new(),
            open: None,
            in_link: false,
            is_href: false,
            is_index: false,
            failed: None,
        }
    }

    fn take(&mut self, event: &CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => self.open_tag(name),
            CallbackEvent::AttributeName { name } => {
                self.is_href = self.in_link && *name == b"href"
            }
            CallbackEvent::AttributeValue { value } if self.is_href => {
                self.is_href = false;
                self.link(value);
            }
            CallbackEvent::CloseStartTag { .. } => (self.in_link, self.is_href) = (false, false),
            CallbackEvent::EndTag { name } => match *name {
                b"title" | b"h1" | b"h2" if self.place == Place::Title => self.end_title(),
                b"a" if self.place == Place::Words => {
                    self.place = Place::Behind;
                    self.text.clear();
                }
                b"tr" | b"li" | b"pre" | b"table" | b"ul" => self.end_row(),
                _ => {}
            },
            CallbackEvent::String { value } => self.add(value),
            _ => {}
        }
    }

    fn open_tag(&mut self, name: &[u8]) {
        self.in_link = name == b"a";
        match name {
            b"title" | b"h1" | b"h2" => {
                self.end_row();
                self.place = Place::Title;
            }
            b"a" => {
                self.end_row();
                self.place = Place::Words;
            }
            b"tr" | b"li" => self.end_row(),
            // Columns that no blank keeps apart.
            b"td" | b"br" | b"hr" => self.add(b" "),
            _ => {}
        }
    }

    fn link(&mut self, href: &[u8]) {
        if is_sorting(href) {
            self.is_index = true;
        }
        match link::judge(href, self.at) {
            Link::Child { name, is_folder } => {
                let kind = match is_folder {
                    true => Kind::Folder,
                    false => Kind::File,
                };
                self.open = Some(Entry::new(&name, kind));
            }
            Link::Unusable => {
                let pushed = self.page.push_unrecognised(href);
                self.note(pushed);
            }
            Link::Elsewhere => {}
        }
    }

    fn add(&mut self, text: &[u8]) {
        let wanted = match self.place {
            Place::Title => true,
            Place::Behind => self.open.is_some(),
            Place::Outside | Place::Words => false,
        };
        let room = TEXT_MAX.saturating_sub(self.text.len());
        if wanted && room > 0 {
            let start = text.get(..room).unwrap_or(text);
            self.text.push_str(&String::from_utf8_lossy(start));
        }
    }

    fn end_title(&mut self) {
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.starts_with("Index of /") || text.starts_with("Directory listing for /") {
            self.is_index = true;
        }
        self.text.clear();
        self.place = Place::Outside;
    }

    fn end_row(&mut self) {
        if self.place == Place::Title {
            self.end_title();
        }
        self.place = Place::Outside;
        let text = std::mem::take(&mut self.text);
        let Some(mut entry) = self.open.take() else {
            return;
        };
        let (modified, size) = columns::read(&text);
        entry.modified = modified;
        if let (Kind::File, Some(size)) = (&entry.kind, size) {
            entry.size = Some(size.bytes);
            entry.size_rounded = size.rounded;
        }
        let pushed = self.page.push(entry);
        self.note(pushed);
    }

    fn note(&mut self, pushed: Result<(), NoIndex>) {
        if let Err(why) = pushed {
            self.failed.get_or_insert(why);
        }
    }

    fn end(mut self) -> Result<Page, NoIndex> {
        self.end_row();
        match (self.failed, self.is_index) {
            (Some(why), _) => Err(why),
            (None, false) => Err(NoIndex::Title),
            (None, true) => Ok(self.page),
        }
    }
}

/// `?C=N;O=D`: Apache's links to the same page in another order.
fn is_sorting(href: &[u8]) -> bool {
    matches!(
        href,
        [
            b'?',
            b'C',
            b'=',
            b'N' | b'M' | b'S' | b'D',
            b';' | b'&',
            b'O',
            b'=',
            ..
        ]
    )
}
