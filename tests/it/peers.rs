//! The real servers work as configured, with `curl` as the judge.

use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use crate::support::peers::{self, Certificate, Nginx, Squid, Vsftpd, folder, nginx, squid, tool};

/// The origins of this file's tests, and the file that they serve.
struct Origins {
    nginx: Nginx,
    vsftpd: Vsftpd,
    ca: PathBuf,
    data: Vec<u8>,
}

fn origins() -> &'static Origins {
    static SHARED: OnceLock<Origins> = OnceLock::new();
    SHARED.get_or_init(|| {
        let root = folder();
        let data = pattern(1 << 20);
        fs::write(root.join("data.bin"), &data).unwrap();
        let certificate = Certificate::self_signed(&folder());
        let nginx = Nginx::start(&root, &certificate, "http://away.test");
        let vsftpd = Vsftpd::start(&root, &[]);
        Origins {
            nginx,
            vsftpd,
            ca: certificate.chain,
            data,
        }
    })
}

/// Bytes that do not repeat within a block, so that a wrong offset shows.
fn pattern(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Runs curl with what every call here needs; no settings of this machine reach it.
fn curl(arguments: &[&str]) -> Output {
    let mut command = tool("curl");
    for name in [
        "http_proxy",
        "https_proxy",
        "ftp_proxy",
        "all_proxy",
        "no_proxy",
    ] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command
        .args([
            "--disable",
            "--silent",
            "--show-error",
            "--max-time",
            "60",
            "--cacert",
        ])
        .arg(&origins().ca)
        .args(arguments)
        .output()
        .unwrap()
}

/// What curl fetched, as a digest beside the digest of the file that is served.
fn assert_fetches(arguments: &[&str]) {
    let output = curl(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "curl {arguments:?}: {said}");
    assert_eq!(
        output.stdout.len(),
        origins().data.len(),
        "curl {arguments:?}"
    );
    assert_eq!(
        Sha256::digest(&output.stdout),
        Sha256::digest(&origins().data),
        "curl {arguments:?}"
    );
}

/// The status of the answer to curl's CONNECT, and of the request itself (000 for none).
fn statuses(arguments: &[&str]) -> String {
    let mut all = vec![
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_connect} %{http_code}",
    ];
    all.extend(arguments);
    String::from_utf8(curl(&all).stdout).unwrap()
}

/// Fetches the file in the four ways; `user` is curl's `--proxy-user`, empty for none.
fn assert_fetches_in_every_way(proxy: &str, user: &str) {
    let origins = origins();
    let http = origins.nginx.http("/data.bin");
    let https = origins.nginx.https("/data.bin");
    let ftp = origins.vsftpd.url("/data.bin");
    for way in [
        vec![http.as_str()],
        vec!["-p", &http],
        vec![&https],
        vec!["-p", &ftp],
    ] {
        let mut arguments = vec!["--proxy", proxy, "--proxy-user", user];
        if user.is_empty() {
            arguments.truncate(2);
        }
        arguments.extend(way);
        assert_fetches(&arguments);
    }
}

#[test]
fn squid_carries_http_https_and_ftp() {
    let squid = peers::squid();
    assert_fetches_in_every_way(&squid.url(), "");
    let absolute = format!("GET {} 200", origins().nginx.http("/data.bin"));
    squid.process().log_with(&absolute);
    squid.process().log_with(&format!(
        "CONNECT 127.0.0.1:{} 200",
        origins().vsftpd.port()
    ));
}

#[test]
fn squid_with_password_carries_http_https_and_ftp() {
    let squid = peers::squid_with_password();
    assert_fetches_in_every_way(
        &squid.url(),
        &format!("{}:{}", squid::USER, squid::PASSWORD),
    );
    let port = origins().nginx.https_port();
    squid
        .process()
        .log_with(&format!("CONNECT 127.0.0.1:{port} 200 TCP_TUNNEL svc-data"));
}

#[test]
fn apache_carries_http_https_and_ftp() {
    let apache = peers::apache();
    assert_fetches_in_every_way(&apache.url(), "");
    apache.process().log_with(&format!(
        "CONNECT 127.0.0.1:{}",
        origins().nginx.https_port()
    ));
}

#[test]
fn squid_refuses_a_wrong_password_and_none() {
    let (proxy, origins) = (peers::squid_with_password().url(), origins());
    let (http, https) = (
        origins.nginx.http("/data.bin"),
        origins.nginx.https("/data.bin"),
    );
    assert_eq!(statuses(&["--proxy", &proxy, &https]), "407 000");
    assert_eq!(
        statuses(&["--proxy", &proxy, "--proxy-user", "svc-data:wrong", &https]),
        "407 000"
    );
    assert_eq!(
        statuses(&["--proxy", &proxy, "--proxy-user", "svc-data:wrong", &http]),
        "000 407"
    );
}

#[test]
fn proxies_refuse_ports_outside_their_lists() {
    let closed = Squid::start(squid::Options {
        tunnel_ports: "8443".to_owned(),
        ..Default::default()
    });
    let https = origins().nginx.https("/data.bin");
    for (proxy, url) in [
        (peers::squid().url(), "https://127.0.0.1:25/"),
        (closed.url(), https.as_str()),
        (peers::apache().url(), "https://127.0.0.1:25/"),
    ] {
        assert_eq!(
            statuses(&["--proxy", &proxy, url]),
            "403 000",
            "{proxy} {url}"
        );
    }
}

#[test]
fn squid_resolves_names_of_its_own() {
    let squid = peers::squid();
    let (http, https) = (origins().nginx.http_port(), origins().nginx.https_port());
    assert_fetches(&[
        "--proxy",
        &squid.url(),
        &format!("http://origin.test:{http}/data.bin"),
    ]);
    assert_fetches(&[
        "--proxy",
        &squid.url(),
        &format!("https://origin.test:{https}/data.bin"),
    ]);
    let unknown = format!("https://unknown.test:{https}/data.bin");
    // No resolver answers here: Squid 5.7 then says 500 with ERR_CANNOT_FORWARD.
    let refused = statuses(&["--proxy", &squid.url(), &unknown]);
    assert!(
        refused.starts_with("50") && refused.ends_with(" 000"),
        "{refused}"
    );
}

#[test]
fn vsftpd_announces_a_private_address() {
    let root = folder();
    fs::write(root.join("data.bin"), &origins().data).unwrap();
    let private = Vsftpd::start(&root, &["pasv_address=10.9.8.7"]);
    assert_fetches(&[&private.url("/data.bin")]);
    assert!(private.log().contains("229 "), "{}", private.log());
    // PASV shows what EPSV hides: curl must be told to ignore the address.
    assert_fetches(&[
        "--disable-epsv",
        "--ftp-skip-pasv-ip",
        &private.url("/data.bin"),
    ]);
    assert!(private.log().contains("(10,9,8,7,"), "{}", private.log());
}

#[test]
fn vsftpd_can_refuse_epsv_and_keep_to_a_port_range() {
    let root = folder();
    fs::write(root.join("data.bin"), &origins().data).unwrap();
    let old = Vsftpd::start(&root, &["cmds_denied=EPSV"]);
    assert_fetches(&[&old.url("/data.bin")]);
    assert!(old.log().contains("550 "), "{}", old.log());
    assert!(old.log().contains("227 "), "{}", old.log());
}

#[test]
fn nginx_serves_ranges_and_keeps_validators() {
    let origins = origins();
    let head = curl(&["--head", &origins.nginx.http("/data.bin")]);
    let head = String::from_utf8(head.stdout).unwrap();
    assert!(head.contains("ETag: \""), "{head}");
    assert!(head.contains("Accept-Ranges: bytes"), "{head}");
    let part = curl(&["--range", "1000-1999", &origins.nginx.https("/data.bin")]);
    assert_eq!(part.stdout, origins.data[1000..2000]);
    let log = origins
        .nginx
        .process()
        .log_with("range=\"bytes=1000-1999\"");
    assert!(
        log.contains("https HTTP/2.0 GET /data.bin 206 1000"),
        "{log}"
    );
}

#[test]
fn nginx_redirects_refuses_and_asks_for_a_password() {
    let nginx = &origins().nginx;
    assert_fetches(&["--location", &nginx.http("/redirect/data.bin")]);
    assert_fetches(&["--location", &nginx.https("/redirect/redirect/data.bin")]);
    let user = format!("{}:{}", nginx::USER, nginx::PASSWORD);
    assert_fetches(&["--user", &user, &nginx.http("/private/data.bin")]);
    nginx
        .process()
        .log_with("authorization=\"Basic YW5uOnMzY3JldCBwdzol\" proxy-authorization=\"-\"");
    for (path, wanted) in [
        ("/private/data.bin", "401 "),
        ("/absent", "404 "),
        ("/status/403", "403 "),
        ("/status/404", "404 "),
        ("/status/500", "500 "),
        ("/status/503", "503 "),
        ("/away/data.bin", "302 http://away.test/data.bin"),
    ] {
        let written = [
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code} %{redirect_url}",
        ];
        let output = curl(&[&written[..], &[&nginx.http(path)]].concat());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), wanted, "{path}");
    }
    let unavailable = curl(&["--include", &nginx.http("/status/503")]);
    assert!(
        String::from_utf8(unavailable.stdout)
            .unwrap()
            .contains("Retry-After: 1\r\n")
    );
}

#[test]
fn moto_answers_as_s3_and_as_ec2() {
    let moto = peers::moto();
    let output = peers::clients::pypi()
        .args(["-c", BOTO3, &moto.url()])
        .envs([("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "b'word' 1\n",
        "{said}"
    );
}

const BOTO3: &str = "import sys, boto3
def client(service):
    return boto3.client(service, endpoint_url=sys.argv[1], region_name='us-east-1')
s3 = client('s3')
s3.create_bucket(Bucket='peers')
s3.put_object(Bucket='peers', Key='key', Body=b'word')
body = s3.get_object(Bucket='peers', Key='key')['Body'].read()
ec2 = client('ec2')
image = ec2.describe_images()['Images'][0]['ImageId']
new = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)['Instances'][0]['InstanceId']
print(body, len(ec2.describe_instances(InstanceIds=[new])['Reservations']))";

#[test]
fn a_dropped_server_is_gone_with_its_folder() {
    let squid = Squid::start(squid::Options {
        password: true,
        ..Default::default()
    });
    let (id, address) = (squid.process().id(), squid.address());
    let home = squid.process().home().to_owned();
    drop(squid);
    assert!(!PathBuf::from(format!("/proc/{id}")).exists());
    assert!(std::net::TcpStream::connect(address).is_err());
    assert!(!home.exists());
}
