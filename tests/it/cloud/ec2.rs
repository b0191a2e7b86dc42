//! EC2's DescribeInstances through Squid: by the example, and by boto3 under `outbound exec`.

use super::{example, proxy, python};
use crate::kit::{Program, Ran};
use crate::support::peers::{Moto, moto};
use crate::support::sockets::Closed;

const KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "never-to-be-seen"),
    ("AWS_REGION", "eu-west-3"),
];

/// Starts instances of this type in moto, and gives their names.
fn start(moto: &Moto, kind: &str, count: usize) -> Vec<String> {
    let mut command = crate::support::peers::clients::pypi();
    command.args(["-c", START, &moto.url(), kind, &count.to_string()]);
    let ran = Ran::of(command.envs(KEYS).output().unwrap()).expect(0);
    ran.out.split_whitespace().map(str::to_owned).collect()
}

const START: &str = "import os, sys, boto3
url, kind, count = sys.argv[1:]
ec2 = boto3.client('ec2', endpoint_url=url, region_name=os.environ['AWS_REGION'])
image = ec2.describe_images()['Images'][0]['ImageId']
count = int(count)
made = ec2.run_instances(ImageId=image, InstanceType=kind, MinCount=count, MaxCount=count)
print(*(one['InstanceId'] for one in made['Instances']))";

const MANIFEST: &str = "examples/ec2/Cargo.toml";

#[test]
fn the_example_lists_instances_through_squid() {
    let moto = moto();
    let ids = start(moto, "m5.large", 2);
    for password in [false, true] {
        let (squid, toml) = proxy(password);
        // Squid alone knows the name.
        let toml = format!(
            "{toml}[connections.ec2]\nurl = \"http://origin.test:{}/\"\n",
            moto.port()
        );
        let program = Program::with_settings(&toml);
        let words = [
            "--manifest-path",
            MANIFEST,
            "--target-dir",
            "target",
            "--",
            "ec2:",
        ];
        let ran = example(&program, &words, |command| {
            command.envs(KEYS);
        });
        let ran = ran.expect(0);
        let way = format!("through {} (global proxy, ", squid.url());
        assert!(ran.out.starts_with(&way), "{}", ran.out);
        for id in &ids {
            let line = ran
                .out
                .lines()
                .find(|line| line.starts_with(id.as_str()))
                .unwrap();
            assert!(
                line.contains("m5.large") && line.contains("running"),
                "{line}"
            );
        }
        let log = squid.process().log_with(" 200 ");
        let line = log.lines().find(|line| line.contains(" 200 ")).unwrap();
        assert!(line.starts_with("POST http://origin.test:"), "{log}");
        assert_eq!(line.ends_with(" svc-data"), password, "{log}");
    }
}

#[test]
fn the_example_tells_a_refusal_and_a_closed_port() {
    let (_squid, toml) = proxy(false);
    let program = Program::with_settings(&toml);
    let words = ["--manifest-path", MANIFEST, "--target-dir", "target", "--"];
    let ran = |endpoint: &str| {
        let words = [&words[..], &[endpoint]].concat();
        example(&program, &words, |command| {
            command.envs(KEYS);
        })
    };
    let denied = ran("https://origin.test:1000/").expect(1);
    let denied = denied.says("403 Forbidden").says("hint: ");
    assert!(!format!("{denied:?}").contains("never-to-be-seen"));
    // Squid's word for a port that nobody listens on.
    let closed = Closed::new();
    let ran = ran(&format!("http://origin.test:{}/", closed.port()));
    ran.expect(1).says("503 Service Unavailable");
}

/// moto can check signatures, by botocore's own code, once somebody has a key.
#[test]
fn the_signature_is_a_good_one() {
    let moto = Moto::start();
    let mut command = crate::support::peers::clients::pypi();
    command.args(["-c", STRICT, &moto.url()]).envs(KEYS);
    let ran = Ran::of(command.output().unwrap()).expect(0);
    let [id, key, secret] = ran.out.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("{ran:?}");
    };
    let (_squid, toml) = proxy(true);
    let program = Program::with_settings(&toml);
    let endpoint = format!("http://origin.test:{}/", moto.port());
    let words = [
        "--manifest-path",
        MANIFEST,
        "--target-dir",
        "target",
        "--",
        &endpoint,
    ];
    let ran = |secret: &str| {
        example(&program, &words, |command| {
            command.envs(KEYS);
            command
                .env("AWS_ACCESS_KEY_ID", key)
                .env("AWS_SECRET_ACCESS_KEY", secret);
        })
    };
    let listed = ran(secret).expect(0);
    assert!(listed.out.contains(id), "{}", listed.out);
    ran("wrong")
        .expect(1)
        .says("EC2 answered 401 Unauthorized: AuthFailure: ");
}

const STRICT: &str = "import json, os, sys, boto3, urllib.request
url = sys.argv[1]
def client(service):
    return boto3.client(service, endpoint_url=url, region_name=os.environ['AWS_REGION'])
ec2, iam = client('ec2'), client('iam')
image = ec2.describe_images()['Images'][0]['ImageId']
made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)
iam.create_user(UserName='ann')
iam.put_user_policy(UserName='ann', PolicyName='read', PolicyDocument=json.dumps({
    'Version': '2012-10-17',
    'Statement': {'Effect': 'Allow', 'Action': 'ec2:*', 'Resource': '*'}}))
key = iam.create_access_key(UserName='ann')['AccessKey']
strict = urllib.request.Request(url + '/moto-api/reset-auth', data=b'0',
    headers={'Content-Type': 'text/plain'})
urllib.request.urlopen(strict).read()
print(made['Instances'][0]['InstanceId'], key['AccessKeyId'], key['SecretAccessKey'])";

#[test]
fn boto3_goes_the_same_way_under_exec() {
    let moto = moto();
    let ids = start(moto, "t3.micro", 1);
    for password in [false, true] {
        let (squid, toml) = proxy(password);
        let program = Program::with_settings(&toml);
        let url = format!("http://origin.test:{}", moto.port());
        let ran = python(&program, password, DESCRIBE, &[&url, &ids[0]]).expect(0);
        assert_eq!(ran.out.trim(), "t3.micro");
        let log = squid.process().log_with(" 200 ");
        let line = log.lines().find(|line| line.contains(" 200 ")).unwrap();
        assert!(line.starts_with("POST http://origin.test:"), "{log}");
        assert_eq!(line.ends_with(" svc-data"), password, "{log}");
    }
}

const DESCRIBE: &str = "import sys, boto3
ec2 = boto3.client('ec2', endpoint_url=sys.argv[1], region_name='eu-west-3',
    aws_access_key_id='AKIAEXAMPLE', aws_secret_access_key='never-to-be-seen')
found = ec2.describe_instances(InstanceIds=[sys.argv[2]])
print(found['Reservations'][0]['Instances'][0]['InstanceType'])";
