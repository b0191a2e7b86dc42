//! The months as `ls` spells them around the world.

use super::words::find_reading;
use crate::base::Encoding;

/// January to December, in small letters and without a dot: English, German, French, Spanish,
/// Italian, Portuguese, Dutch, Scandinavian, Finnish, Polish, Czech, Hungarian, Romanian, Turkish,
/// Russian, Ukrainian. A word that is two months in two languages stands here for neither.
const MONTHS: [&str; 12] = [
    "jan january jän jänner januar janv janvier ene enero gen gennaio janeiro januari tammi sty led ian oca янв янв января січ",
    "feb february feber februar fév févr février fevr fevrier febrero febbraio fev fevereiro februari helmi lut úno febr şub фев февр февраля лют",
    "mar march mär märz mrz mars marzo março mrt maart maalis bře márc март мар марта бер",
    "apr april avr avril abr abril aprile huhti kwi dub ápr nis апр апреля кві",
    "may mai mayo mag maggio maio mei maj touko kvě máj май мая тра",
    "jun june juni juin junio giu giugno junho kesä cze čen jún iun haz июн июнь июня чер",
    "jul july juli juil juillet julio lug luglio julho heinä lip čec júl iul tem июл июль июля лип",
    "aug august aoû août aout ago agosto augustus augusti elo sie srp ağu авг августа сер",
    "sep september sept septembre septiembre set settembre setembro syys wrz zář szept eyl сен сент сентября вер",
    "oct october okt oktober octobre octubre ott ottobre out outubro loka paź říj eki окт октября жов",
    "nov november novembre noviembre novembro marras lis kas noi ноя нояб ноября",
    "dec december dez dezember déc décembre decembre dic diciembre dicembre dezembro des joulu gru pro ara дек декабря гру",
];

/// The month that a word names: `Jan`, `Mär`, `févr.`, `6月`.
pub(super) fn month(word: &[u8], encoding: Option<Encoding>) -> Option<u32> {
    find_reading(word, encoding, |text| {
        let text = text.trim_end_matches(['.', ',']);
        if let Some(digits) = text.strip_suffix(['月', '월']) {
            return super::time::number(digits, 2).filter(|month| (1..=12).contains(month));
        }
        let at = MONTHS
            .iter()
            .position(|names| names.split(' ').any(|name| name == text))?;
        u32::try_from(at + 1).ok()
    })
}

/// A number with the sign for day or year behind it: `5日`, `2003年`, `15.`.
pub(super) fn marked(word: &[u8], most: usize, encoding: Option<Encoding>) -> Option<u32> {
    find_reading(word, encoding, |text| {
        super::time::number(
            text.trim_end_matches(['.', ',', '日', '년', '年', '일']),
            most,
        )
    })
}

/// Words that open the line with the folder's size in blocks.
const TOTALS: &str = "total gesamt insgesamt totale totaal totalt razem celkem összesen yhteensä \
                      toplam итого всего разом 合計 合计 总用量 總計 总计 總用量 합계";

/// `total 14`, `insgesamt 8`, `Total of 11 files, 17 blocks.`
pub(super) fn is_total(line: &[u8], encoding: Option<Encoding>) -> bool {
    const COUNTED: &str = "of in file files block blocks directory directories bytes and";
    let mut words = line.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let first = first.strip_suffix(b":").unwrap_or(first);
    let known = |text: &str| TOTALS.split(' ').any(|total| total == text).then_some(());
    // `grand total of` has one word more.
    let opens = match first.eq_ignore_ascii_case(b"grand") {
        true => words.next().unwrap_or_default(),
        false => first,
    };
    find_reading(opens, encoding, known).is_some()
        && words.all(|word| {
            let text = std::str::from_utf8(word)
                .unwrap_or("x")
                .to_ascii_lowercase();
            let text = text.trim_end_matches(['.', ',']);
            let digits = text.trim_end_matches(['k', 'm', 'g', 't']);
            let is_number = digits
                .bytes()
                .all(|b| b.is_ascii_digit() || b",.".contains(&b));
            is_number || COUNTED.split(' ').any(|counted| counted == text)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_month() {
        for (at, names) in MONTHS.iter().enumerate() {
            for name in names.split(' ') {
                let found = month(name.as_bytes(), None);
                assert_eq!(found, u32::try_from(at + 1).ok(), "{name}");
            }
        }
    }

    #[test]
    fn months_in_other_encodings() {
        let table: &[(&[u8], Option<&str>, Option<u32>)] = &[
            (b"M\xe4r", None, Some(3)),
            (b"ao\xfbt", None, Some(8)),
            (b"\xec\xe0\xe9", None, Some(5)),
            (b"\xcd\xc1\xca", None, Some(5)),
            (b"pa\x9f", Some("windows-1250"), Some(10)),
            (b"6\x8c\x8e", Some("shift_jis"), Some(6)),
            (b"6\xd4\xc2", Some("gbk"), Some(6)),
            (b"13\xd4\xc2", Some("gbk"), None),
            (b"M\xe4r", Some("koi8-r"), None),
            (b"Jam", None, None),
            (b"", None, None),
        ];
        for (word, label, wanted) in table {
            let encoding = label.and_then(Encoding::parse);
            assert_eq!(month(word, encoding), *wanted, "{}", word.escape_ascii());
        }
    }

    #[test]
    fn totals() {
        for (line, wanted) in [
            ("total 14", true),
            ("total", true),
            ("Total: 12K", true),
            ("insgesamt 1,5M", true),
            ("\u{7dcf} 8", false),
            ("\u{5408}\u{8a08} 8", true),
            ("Total of 11 files, 17 blocks.", true),
            ("Grand total of 1 directory, 3 files, 9/12 blocks.", false),
            ("Grand total of 1 directory, 3 files, 9 blocks.", true),
            ("total eclipse.txt", false),
            ("totals 14", false),
        ] {
            assert_eq!(is_total(line.as_bytes(), None), wanted, "{line}");
        }
    }
}
