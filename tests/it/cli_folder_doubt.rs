//! `fetch -r --delete` where a server does not say all that is there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::kit::{Program, contents, put};
use crate::support::peers::ftp_servers::{FtpServer, Product};

fn names(program: &Program) -> Vec<String> {
    contents(&program.file("here")).into_keys().collect()
}

/// Some servers call it empty, or list the folder around it.
#[test]
fn a_folder_that_may_not_be_read_is_not_empty() {
    for product in Product::ALL {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        for name in ["a.csv", "sub/b.csv", "sub/c.csv"] {
            put(&data.join(name), b"1", 1_600_000_000);
        }
        let ftp = FtpServer::start(product, root.path());
        let program = Program::with_settings(&ftp.connection());
        let url = ftp.url("/data/");
        let fetch = ["fetch", "-r", &url, "--output-dir", "here", "--delete"];
        program.run(&fetch).expect(0).says("3 brought in");
        for mode in [0o711, 0o700] {
            let mode = fs::Permissions::from_mode(mode);
            fs::set_permissions(data.join("sub"), mode).unwrap();
            let ran = program.run(&fetch);
            let kept = ["a.csv", "sub/b.csv", "sub/c.csv"];
            assert_eq!(names(&program), kept, "{product:?}: {}", ran.err);
            assert!(!program.file("here/sub/sub").exists(), "{product:?}");
            // It runs as root, and may read it.
            if product != Product::Pyftpdlib {
                ran.expect(9).says("nothing is deleted: something failed");
            }
        }
    }
}
