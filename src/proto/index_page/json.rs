//! Index pages in JSON.

use std::fmt;

use serde::Deserialize;
use serde::de::{Error as _, SeqAccess, Visitor};

use super::link::is_step;
use super::{NoIndex, Page};
use crate::proto::ftp::listing::{Entry, Exact, Kind, Stamp};

/// One object: nginx's keys, and Caddy's.
#[derive(Deserialize)]
struct Item {
    name: Name,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    size: Option<i64>,
    #[serde(default)]
    mtime: Option<String>,
    #[serde(default)]
    is_dir: Option<bool>,
    #[serde(default)]
    is_symlink: bool,
    #[serde(default)]
    mod_time: Option<String>,
}

/// A name: nginx writes what is no UTF-8 as it is.
struct Name(Vec<u8>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(name.as_bytes().to_vec()))
            }

            fn visit_bytes<E>(self, name: &[u8]) -> Result<Name, E> {
                Ok(Name(name.to_vec()))
            }
        }
        from.deserialize_bytes(Bytes)
    }
}

/// A page that is filled while the array is read, so that nothing is there twice.
struct Items(Page);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Items;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of files")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Items, A::Error> {
                let mut page = Page::default();
                while let Some(item) = items.next_element::<Item>()? {
                    add(&mut page, item).map_err(A::Error::custom)?;
                }
                Ok(Items(page))
            }
        }
        from.deserialize_seq(Each)
    }
}

pub(super) fn read(page: &[u8]) -> Result<Page, NoIndex> {
    match serde_json::from_slice::<Items>(page) {
        Ok(Items(page)) => Ok(page),
        Err(cause) if cause.to_string().starts_with(&NoIndex::Long.to_string()) => {
            Err(NoIndex::Long)
        }
        Err(_) => Err(NoIndex::Items),
    }
}

fn add(page: &mut Page, item: Item) -> Result<(), NoIndex> {
    let mut name = &item.name.0[..];
    let kind = match (item.kind.as_deref(), item.is_dir) {
        (Some("directory"), _) | (None, Some(true)) => Kind::Folder,
        (Some("file"), _) | (None, Some(false)) => Kind::File,
        (Some(_), _) => Kind::Other,
        (None, None) => return Err(NoIndex::Items),
    };
    if kind == Kind::Folder {
        name = name.strip_suffix(b"/").unwrap_or(name);
    }
    if !is_step(name) {
        return page.push_unrecognised(&item.name.0);
    }
    let kind = match item.is_symlink {
        true => Kind::Link { target: None },
        false => kind,
    };
    let mut entry = Entry::new(name, kind);
    entry.size = item.size.and_then(|size| u64::try_from(size).ok());
    let in_seconds = |time| Stamp {
        time,
        exact: Exact::Second,
        utc: true,
    };
    entry.modified = match (item.mtime, item.mod_time) {
        (Some(time), _) => httpdate::parse_http_date(&time).ok().map(in_seconds),
        (None, Some(time)) => time.parse().ok(),
        (None, None) => None,
    };
    page.push(entry)
}
