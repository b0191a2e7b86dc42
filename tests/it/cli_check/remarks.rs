//! What is remarked where nothing fails.

use super::options::check;
use super::vsftpd;
use crate::kit::shared;
use crate::support::peers::Vsftpd;

/// The address of PASV is another than the server's: it is not followed, and said.
#[test]
fn an_address_of_another_network_is_remarked() {
    let odd = ["cmds_denied=EPSV", "pasv_address=10.0.0.5"];
    let server = Vsftpd::start(&shared().root, &odd);
    let report = check(&[&server.url("/small.bin")], 0);
    let codes: Vec<&str> = report["remarks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|remark| remark["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        ["OUT-FTP-EPSV-REFUSED", "OUT-FTP-PRIVATE-ADDRESS"],
        "{report}"
    );
    let report = check(&[&vsftpd().url("/small.bin")], 0);
    assert_eq!(report["remarks"], serde_json::json!([]), "{report}");
}
