//! The datasets of `fixtures/data`, embedded so that the demo works wherever it is installed.

use std::fmt::Write as _;

/// An embedded file.
#[derive(Clone, Copy)]
pub struct Dataset {
    /// Its path below `fixtures/data`.
    pub path: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
    /// The SHA-256 of that, in lower-case hexadecimal.
    pub sha256: &'static str,
}

macro_rules! dataset {
    ($path:literal, $sha256:literal) => {
        Dataset {
            path: $path,
            bytes: include_bytes!(concat!("../../fixtures/data/", $path)),
            sha256: $sha256,
        }
    };
}

/// Every dataset.
#[rustfmt::skip]
pub const ALL: [Dataset; 8] = [
    dataset!("air.csv", "6fc119d389135918bf18091eedbe72c45ea29117c284c648f0793c86bbe1564b"),
    dataset!("air.csv.gz", "24fca045b509cd81d2e165b0ad5ffd4bc11a264482af99d30e062f6201cf43ff"),
    dataset!("stations.parquet", "c36e0f81989aaeac96f4be087bab708c7cf8cff7e1cd1c97d659efb688ba3095"),
    dataset!("2019/population-h1.csv", "2231a031bdeaf4f1fc6073e5cb98e446a80ab18d6135dfdb131526e1523f9bdb"),
    dataset!("2019/population-h2.csv", "0709c5cd7a4289c0eadf502b505ee38958ccad6678e0ecb1d22ad921cfbd66bf"),
    dataset!("2020/NOTES.txt", "66e0217b5d75d90847b134d8575188a636b555567397761dfb864bc681b12032"),
    dataset!("2020/population-h1.csv", "d46367219bb97981509d42bfd880cfad6ce98a4d511f136f115a50b5d06c0ba9"),
    dataset!("2020/population-h2.csv", "742e59087a9a107c4954058efbce10547dd8b026f13f8eafbfdc6892c110889a"),
];

/// The dataset at `path`.
pub fn dataset(path: &str) -> Option<&'static Dataset> {
    ALL.iter().find(|dataset| dataset.path == path)
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_digests_are_those_of_the_files() {
        for dataset in ALL {
            let digest = hex(&Sha256::digest(dataset.bytes));
            assert_eq!(digest, dataset.sha256, "{}", dataset.path);
        }
        let all: usize = ALL.iter().map(|dataset| dataset.bytes.len()).sum();
        assert!(all < 200 * 1024);
    }

    #[test]
    fn the_files_are_of_the_kinds_that_their_names_say() {
        let bytes = |path| dataset(path).map_or(&[][..], |dataset| dataset.bytes);
        assert!(bytes("air.csv.gz").starts_with(&[0x1f, 0x8b]));
        assert!(bytes("stations.parquet").starts_with(b"PAR1"));
        assert!(bytes("stations.parquet").ends_with(b"PAR1"));
        let csv = std::str::from_utf8(bytes("air.csv")).unwrap();
        let columns = csv.lines().map(|line| line.split(',').count());
        assert!(columns.clone().count() > 700 && columns.clone().all(|count| count == 7));
    }
}
