"""The envelope a second time, from docs/envelope.md alone and without any code of Ferry.

    independent.py open DIRECTORY     every vector there must end as it says
    independent.py write DIRECTORY    writes fresh vectors there, for Ferry to open

Not a client: it knows no server and keeps no secrets safe.
"""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import struct
import sys
import unicodedata
import uuid
import zlib

from argon2.low_level import Type, hash_secret_raw
from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

GRAIN = 65_536
COMPRESSIONS = {"none": 0, "deflate-raw": 1}


class Refused(Exception):
    """A vector was refused; the message is the step that refused it."""


def require(condition, step):
    if not condition:
        raise Refused(step)


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def be32(number):
    return struct.pack(">I", number)


def nfc(text):
    return unicodedata.normalize("NFC", text).encode()


# --- primitives ---------------------------------------------------------------------------------------------------


def derive(secret, salt, label, context=b""):
    info = b"ferry/1/" + label.encode() + b"\0" + context
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


def gcm_open(key, iv, sealed, aad, step):
    try:
        return AESGCM(key).decrypt(iv, sealed, aad)
    except (InvalidTag, ValueError) as error:
        raise Refused(step) from error


def gcm_seal(key, iv, plaintext, aad):
    return AESGCM(key).encrypt(iv, plaintext, aad)


def pad(content, grain):
    framed = be32(len(content)) + content
    return framed + bytes(-len(framed) % grain)


def unpad(padded, grain, step):
    require(len(padded) >= 4, step)
    length = int.from_bytes(padded[:4], "big")
    require(length >= 1 and 4 + length <= len(padded), step)
    require(len(padded) == 4 + length + (-(4 + length) % grain), step)
    require(not any(padded[4 + length :]), step)
    return padded[4 : 4 + length]


# --- CBOR: maps of text keys to texts, numbers and byte strings ------------------------------------------------------


def cbor_head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            return bytes([major << 5 | extra]) + number.to_bytes(size, "big")
    raise ValueError(number)


def cbor(value):
    if isinstance(value, int):
        return cbor_head(0, value) if value >= 0 else cbor_head(1, -1 - value)
    if isinstance(value, bytes):
        return cbor_head(2, len(value)) + value
    if isinstance(value, str):
        return cbor_head(3, len(value.encode())) + value.encode()
    items = b"".join(cbor(key) + cbor(item) for key, item in value.items())
    return cbor_head(5, len(value)) + items


def uncbor(data, at=0):
    """One value and where it ends. Refuses repeated keys and everything a manifest has no use for."""
    major, small = data[at] >> 5, data[at] & 31
    require(small <= 27, "manifest")
    size = 0 if small < 24 else 1 << (small - 24)
    number = small if small < 24 else int.from_bytes(data[at + 1 : at + 1 + size], "big")
    at += 1 + size
    if major in (0, 1):
        return (number if major == 0 else -1 - number), at
    if major in (2, 3):
        raw = data[at : at + number]
        require(len(raw) == number, "manifest")
        return (raw if major == 2 else raw.decode()), at + number
    require(major == 5, "manifest")
    pairs = {}
    for _ in range(number):
        key, at = uncbor(data, at)
        value, at = uncbor(data, at)
        require(isinstance(key, str) and key not in pairs, "manifest")
        pairs[key] = value
    return pairs, at


# --- accounts -----------------------------------------------------------------------------------------------------


STRETCHED = {}


def derive_key(password, prefix):
    """Argon2id, once for each password and slot."""
    key = (password, prefix)
    if key not in STRETCHED:
        memory, passes = struct.unpack(">II", prefix[4:12])
        STRETCHED[key] = hash_secret_raw(nfc(password), prefix[12:28], passes, memory, 1, 32, Type.ID, 19)
    return STRETCHED[key]


def check_slot_layout(slot):
    step = "unsupported-slot"
    require(len(slot) == 132, step)
    version, kdf, lanes, reserved, memory, passes = struct.unpack(">BBBBII", slot[:12])
    require(version == 1 and reserved == 0 and not any(slot[120:]), step)
    usual = 65_536 <= memory <= 262_144 and 3 <= passes <= 10
    if kdf == 1:
        require(lanes == 1 and (usual or (memory, passes) == (32_768, 6)), step)
    else:
        require(kdf == 0 and (lanes, memory, passes) == (0, 0, 0), step)


def slot_prk(slot, secret):
    if "password" in secret:
        return derive_key(secret["password"], slot[:28])
    return unb64(secret["recovery_key"])


def slot_key(prk, slot, label):
    return derive(prk, slot[12:28], label, slot[:28])


def open_account(case):
    slot, user_id = unb64(case["key_slot"]), unb64(case["user_id"])
    check_slot_layout(slot)
    prk = slot_prk(slot, case["secret"])
    require(hmac.compare_digest(slot_key(prk, slot, "kek-commit"), slot[28:60]), "wrong-secret")
    aad = b"ferry/1/slot\0" + slot[:60] + user_id
    account_key = gcm_open(slot_key(prk, slot, "kek"), slot[60:72], slot[72:120], aad, "slot-tampered")
    auth = slot_key(prk, slot, "auth")
    return {
        "auth": b64(auth),
        "verifier": b64(hashlib.sha256(b"ferry/1/verifier\0" + user_id + auth).digest()),
        "account_key": b64(account_key),
        "account_id": b64(derive(account_key, None, "account-id")[:16]),
    }


def seal_account(kdf, secret):
    user_id, account_key, salt, iv = os.urandom(16), os.urandom(32), os.urandom(16), os.urandom(12)
    lanes = 1 if kdf[0] == 1 else 0
    slot = struct.pack(">BBBBII", 1, kdf[0], lanes, 0, *kdf[1:]) + salt
    prk = slot_prk(slot, secret)
    slot += slot_key(prk, slot, "kek-commit")
    sealed = gcm_seal(slot_key(prk, slot, "kek"), iv, account_key, b"ferry/1/slot\0" + slot + user_id)
    case = {"user_id": b64(user_id), "key_slot": b64(slot + iv + sealed + bytes(12)), "secret": secret}
    return case | {"derived": open_account(case)}


# --- part plans ---------------------------------------------------------------------------------------------------


def check_part_sizes(low, high, step):
    require(low % GRAIN == 0 and high % GRAIN == 0 and GRAIN <= low <= high <= 20_905_984, step)


def part_lens(low, high, seed, size, step):
    """Lengths of all parts; at most 1,000,000."""
    steps = (high - low) // GRAIN + 1
    require(size <= high * 1_000_000, step)
    lens, left = [], size
    while left or not lens:
        require(len(lens) < 1_000_000, step)
        draw = int.from_bytes(blake3(seed + be32(len(lens) + 1)).digest()[:4], "big")
        lens.append(min(low + GRAIN * (draw % steps), left))
        left -= lens[-1]
    return lens


def open_plan(case):
    check_part_sizes(case["min"], case["max"], "part-sizes")
    lens = part_lens(case["min"], case["max"], unb64(case["seed"]), case["size"], "too-many-parts")
    assert lens == case["part_lens"], "other part lengths"


# --- files --------------------------------------------------------------------------------------------------------


def check_header(header, file_id):
    require(len(header) == 88 and header[:4] == b"FRY1", "header")
    version, suite, flags, reserved = header[4:8]
    require((version, suite, reserved) == (1, 1, 0) and flags in (0, 1), "header")
    check_part_sizes(*struct.unpack(">II", header[40:48]), "header")
    require(header[8:24] == file_id, "header")


def file_key(dek, header, label):
    return derive(dek, header[24:40], label, header[:56])


def open_file_key(slot, header, account_key):
    step = "file-key"
    require(len(slot) == 80 and slot[:4] == b"\1\1\0\0", step)
    require(slot[4:20] == derive(account_key, None, "account-id")[:16], step)
    aad = b"ferry/1/dek\0" + slot[:20] + header
    dek = gcm_open(derive(account_key, None, "wrap"), slot[20:32], slot[32:], aad, step)
    require(hmac.compare_digest(file_key(dek, header, "commit"), header[56:]), step)
    return dek


MANIFEST_TYPES = {"name": str, "path": str, "type": str, "modified": int}
CONTENT_TYPES = {"size": int, "parts": int, "sha256": bytes, "parts_root": bytes}


def open_manifest(sealed, dek, header, seen_seq):
    step = "manifest"
    require(32 <= len(sealed) <= 65_536, step)
    seq = int.from_bytes(sealed[:4], "big")
    aad = b"frymani1" + header + sealed[:4]
    padded = gcm_open(file_key(dek, header, "manifest"), sealed[4:16], sealed[16:], aad, step)
    require(seq >= seen_seq, "manifest-older")
    data = unpad(padded, 256, step)
    try:
        manifest, end = uncbor(data)
    except (IndexError, UnicodeDecodeError) as error:
        raise Refused(step) from error
    types = MANIFEST_TYPES | (CONTENT_TYPES if seq else {})
    require(end == len(data) and isinstance(manifest, dict) and manifest.keys() == types.keys(), step)
    require(all(isinstance(manifest[key], kind) for key, kind in types.items()), step)
    require(all(len(manifest[key]) == 32 for key in ("sha256", "parts_root") if key in manifest), step)
    return seq, manifest


def label_of(account_key, text):
    return "~" + b64(hmac.digest(derive(account_key, None, "name"), nfc(text), "sha256"))


def fingerprint_of(account_key, sha256):
    return hmac.digest(derive(account_key, None, "fingerprint"), sha256, "sha256")


def root_of(rows):
    root = hashlib.sha256(b"ferry/1/root\0" + be32(len(rows)))
    for row in rows:
        root.update(unb64(row["iv"]) + unb64(row["tag"]) + be32(row["stored_len"]))
        root.update(bytes([COMPRESSIONS[row["compression"]]]) + unb64(row["part_mac"]))
    return root.digest()


def mac_of(dek, header, number, plaintext):
    return blake3(be32(number) + plaintext, key=file_key(dek, header, "mac")).digest()


def part_aad(header, number, offset, plain_len, compression, mac):
    place = struct.pack(">IQIB", number, offset, plain_len, COMPRESSIONS[compression])
    return b"frypart1" + header[8:24] + place + bytes(3) + mac


def inflate(data, plain_len):
    inflater = zlib.decompressobj(-15)
    try:
        plaintext = inflater.decompress(data, plain_len + 1)
    except zlib.error as error:
        raise Refused("part") from error
    exact = inflater.eof and not inflater.unused_data and not inflater.unconsumed_tail
    require(exact and len(plaintext) == plain_len, "part")
    return plaintext


def open_part(dek, header, number, offset, plain_len, row):
    compressed, packed_len = row["compression"] == "deflate-raw", row["stored_len"] - 28
    if compressed:
        require(header[6] & 1 and packed_len % GRAIN == 0 and GRAIN <= packed_len < plain_len, "part")
    else:
        require(packed_len == plain_len, "part")
    body = unb64(row.get("body", ""))
    listed = body[:12] == unb64(row["iv"]) and body[-16:] == unb64(row["tag"])
    require(len(body) == row["stored_len"] and listed, "body")
    mac = unb64(row["part_mac"])
    aad = part_aad(header, number, offset, plain_len, row["compression"], mac)
    plaintext = gcm_open(file_key(dek, header, "part"), body[:12], body[12:], aad, "part")
    if compressed:
        plaintext = inflate(unpad(plaintext, GRAIN, "part"), plain_len)
    require(hmac.compare_digest(mac_of(dek, header, number, plaintext), mac), "part")
    return plaintext


def open_file(case):
    account_key, header = unb64(case["account_key"]), unb64(case["header"])
    check_header(header, unb64(case["file_id"]))
    dek = open_file_key(unb64(case["file_key"]), header, account_key)
    seq, manifest = open_manifest(unb64(case["manifest"]), dek, header, case.get("seen_seq", 0))
    clear = not case["label"].startswith("~")
    label = nfc(manifest["name"]).decode() if clear else label_of(account_key, manifest["name"])
    require(label == case["label"], "label")
    require(seq >= 1, "unfinished")
    low, high = struct.unpack(">II", header[40:48])
    lens = part_lens(low, high, header[48:56], manifest["size"], "plan")
    require(len(lens) == manifest["parts"], "plan")
    rows = case["parts"]
    require(len(rows) == len(lens) and root_of(rows) == manifest["parts_root"], "list")
    whole, offset = hashlib.sha256(), 0
    for number, (plain_len, row) in enumerate(zip(lens, rows), 1):
        whole.update(open_part(dek, header, number, offset, plain_len, row))
        offset += plain_len
    require(whole.digest() == manifest["sha256"], "whole-hash")
    return {
        "seq": seq,
        "name": manifest["name"],
        "path": manifest["path"],
        "media_type": manifest["type"],
        "modified_ms": manifest["modified"],
        "size": manifest["size"],
        "sha256": b64(whole.digest()),
        "fingerprint": b64(fingerprint_of(account_key, whole.digest())),
    }


def seal_part(dek, header, number, offset, plaintext):
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = pad(compressor.compress(plaintext) + compressor.flush(), GRAIN)
    compression = "deflate-raw" if header[6] & 1 and len(packed) < len(plaintext) else "none"
    mac, iv = mac_of(dek, header, number, plaintext), os.urandom(12)
    aad = part_aad(header, number, offset, len(plaintext), compression, mac)
    sealed = gcm_seal(file_key(dek, header, "part"), iv, packed if compression != "none" else plaintext, aad)
    body = iv + sealed
    row = {"iv": b64(iv), "tag": b64(body[-16:]), "stored_len": len(body), "compression": compression}
    return row | {"part_mac": b64(mac), "body": b64(body)}


def seal_manifest(dek, header, seq, manifest):
    iv, aad = os.urandom(12), b"frymani1" + header + be32(seq)
    return be32(seq) + iv + gcm_seal(file_key(dek, header, "manifest"), iv, pad(cbor(manifest), 256), aad)


def seal_parts(dek, header, content):
    low, high = struct.unpack(">II", header[40:48])
    offset, rows = 0, []
    for number, plain_len in enumerate(part_lens(low, high, header[48:56], len(content), "plan"), 1):
        rows.append(seal_part(dek, header, number, offset, content[offset : offset + plain_len]))
        offset += plain_len
    return rows


def seal_file(content, name, low=GRAIN, high=GRAIN, compress=False, seq=1):
    account_key, dek, file_id = os.urandom(32), os.urandom(32), os.urandom(16)
    core = b"FRY1" + bytes([1, 1, int(compress), 0]) + file_id + os.urandom(16)
    core += struct.pack(">II", low, high) + os.urandom(8)
    header = core + file_key(dek, core, "commit")
    slot, iv = b"\1\1\0\0" + derive(account_key, None, "account-id")[:16], os.urandom(12)
    slot += iv + gcm_seal(derive(account_key, None, "wrap"), iv, dek, b"ferry/1/dek\0" + slot + header)
    rows = seal_parts(dek, header, content)
    manifest = {"parts_root": root_of(rows), "sha256": hashlib.sha256(content).digest(), "parts": len(rows)}
    manifest |= {"size": len(content), "modified": -86_400_000, "type": "", "path": "über/uns", "name": name}
    case = {"account_key": b64(account_key), "file_id": b64(file_id), "label": label_of(account_key, name)}
    case |= {"header": b64(header), "file_key": b64(slot)}
    case |= {"manifest": b64(seal_manifest(dek, header, seq, manifest)), "parts": rows}
    return case | {"derived": open_file(case)}


# --- checkpoints and labels -----------------------------------------------------------------------------------------


def open_checkpoint(case):
    dek, header, sealed = unb64(case["dek"]), unb64(case["header"]), unb64(case["sealed"])
    assert file_key(dek, header, "commit") == header[56:], "another commitment"
    aad = b"frystat1" + header[8:24]
    opened = gcm_open(file_key(dek, header, "state"), sealed[:12], sealed[12:], aad, "checkpoint")
    assert b64(opened) == case["cbor"], "another checkpoint"


def open_labels(case):
    account_key = unb64(case["account_key"])
    for pair in case["labels"]:
        assert label_of(account_key, pair["text"]) == pair["label"], pair
    for pair in case["fingerprints"]:
        assert b64(fingerprint_of(account_key, unb64(pair["sha256"]))) == pair["fingerprint"], pair


# --- vectors --------------------------------------------------------------------------------------------------------


OPENERS = {
    "account": open_account,
    "file": open_file,
    "plan": open_plan,
    "checkpoint": open_checkpoint,
    "labels": open_labels,
}


def open_all(directory):
    paths = sorted(directory.glob("*.json"))
    wrong = [line for line in (problem_of(path) for path in paths) if line]
    print("\n".join(wrong + [f"{len(paths)} vectors, {len(wrong)} wrong"]))
    return 0 if paths and not wrong else 1


def problem_of(path):
    """What is wrong with one vector, or nothing."""
    vector = json.loads(path.read_text())
    ((kind, case),) = vector["case"].items()
    try:
        derived = OPENERS[kind](case)
        outcome = "opens" if derived == case.get("derived") else f"opens as {derived}"
    except Refused as refusal:
        outcome = str(refusal)
    except AssertionError as difference:
        outcome = f"opens with {difference}"
    return None if outcome == vector["expect"] else f"{path.stem}: expected {vector['expect']}, got {outcome}"


def vector(about, kind, case, expect="opens"):
    return {"about": about, "expect": expect, "case": {kind: case}}


def flipped(kind, case, field, at, expect):
    data = bytearray(unb64(case[field]))
    data[at] ^= 0x80
    changed = {key: value for key, value in case.items() if key != "derived"} | {field: b64(bytes(data))}
    return vector(f"byte {at} of {field} was flipped", kind, changed, expect)


def write_accounts():
    password = {"password": "pässwörd \u0041\u030a"}
    recovery = seal_account((0, 0, 0), {"recovery_key": b64(os.urandom(32))})
    yield "account_default", vector("default cost", "account", seal_account((1, 65_536, 3), password))
    yield "account_fallback", vector("fallback cost", "account", seal_account((1, 32_768, 6), password))
    yield "account_recovery", vector("recovery key", "account", recovery)
    for at, expect in ((0, "unsupported-slot"), (20, "wrong-secret"), (40, "wrong-secret"), (60, "slot-tampered")):
        yield f"account_byte_{at}", flipped("account", recovery, "key_slot", at, expect)
    yield "account_byte_119", flipped("account", recovery, "key_slot", 119, "slot-tampered")
    yield "account_byte_131", flipped("account", recovery, "key_slot", 131, "unsupported-slot")


def write_files():
    for size in (0, 1, GRAIN - 1, GRAIN, GRAIN + 1, 3 * GRAIN + 5):
        about = f"{size} random bytes"
        yield f"file_{size}", vector(about, "file", seal_file(os.urandom(size), "naïve \U0001f980.bin"))
    drawn = seal_file(os.urandom(400_000), "drawn", GRAIN, 3 * GRAIN)
    yield "file_drawn_sizes", vector("parts of drawn sizes", "file", drawn)
    text = b"all work and no play " * 30_000
    packed = seal_file(text, "packed", 2 * GRAIN, 4 * GRAIN, compress=True)
    assert any(row["compression"] == "deflate-raw" for row in packed["parts"])
    yield "file_compressed", vector("compressed by zlib", "file", packed)
    yield "file_renamed", vector("manifest number 70,000", "file", seal_file(b"x", "a" * 300, seq=70_000))


def write_file_faults():
    small = seal_file(b"small", "small")
    for at, expect in ((0, "header"), (30, "file-key"), (55, "file-key"), (87, "file-key")):
        yield f"header_byte_{at}", flipped("file", small, "header", at, expect)
    for at in (0, 10, 25, 40, 79):
        yield f"file_key_byte_{at}", flipped("file", small, "file_key", at, "file-key")
    for at in (0, 4, 100, -1):
        yield f"manifest_byte_{at % 288}", flipped("file", small, "manifest", at, "manifest")
    row = small["parts"][0]
    for at, expect in ((0, "body"), (12, "part"), (-1, "body")):
        body = bytearray(unb64(row["body"]))
        body[at] ^= 1
        changed = {key: value for key, value in small.items() if key != "derived"}
        changed["parts"] = [row | {"body": b64(bytes(body))}]
        yield f"body_byte_{at % 33}", vector(f"byte {at} of the body", "file", changed, expect)
    for field in ("iv", "tag", "part_mac"):
        changed = {key: value for key, value in small.items() if key != "derived"}
        changed["parts"] = [row | {field: b64(bytes(len(unb64(row[field]))))}]
        yield f"list_{field}", vector(f"zeros for {field} in the list", "file", changed, "list")
    changed = {key: value for key, value in small.items() if key != "derived"} | {"seen_seq": 2}
    yield "manifest_older", vector("an older manifest", "file", changed, "manifest-older")


def write_others():
    seed = os.urandom(8)
    for low, high, size in ((1, 1, 5 * GRAIN), (32, 48, 99_999_999), (1, 319, 1_000_000_000)):
        case = {"min": low * GRAIN, "max": high * GRAIN, "seed": b64(seed), "size": size}
        case["part_lens"] = part_lens(low * GRAIN, high * GRAIN, seed, size, "plan")
        yield f"plan_{low}_{high}", vector("a plan", "plan", case)
    account_key, sha256 = os.urandom(32), os.urandom(32)
    texts = ["", "e\u0301", "\u00e9", "\u1e9b\u0323", "ﬁ", str(uuid.uuid4())]
    labels = [{"text": text, "label": label_of(account_key, text)} for text in texts]
    prints = [{"sha256": b64(sha256), "fingerprint": b64(fingerprint_of(account_key, sha256))}]
    case = {"account_key": b64(account_key), "labels": labels, "fingerprints": prints}
    yield "labels", vector("labels", "labels", case)
    dek, iv, state = os.urandom(32), os.urandom(12), cbor({"parts": 3})
    core = b"FRY1\1\1\0\0" + os.urandom(32) + struct.pack(">II", GRAIN, GRAIN) + seed
    sealed = iv + gcm_seal(file_key(dek, core, "state"), iv, state, b"frystat1" + core[8:24])
    case = {"dek": b64(dek), "header": b64(core + file_key(dek, core, "commit")), "sealed": b64(sealed)}
    yield "checkpoint", vector("a checkpoint", "checkpoint", case | {"cbor": b64(state)})
    yield "checkpoint_byte_12", flipped("checkpoint", case, "sealed", 12, "checkpoint")


def write(directory):
    if directory.resolve() == pathlib.Path(__file__).resolve().parent:
        sys.exit("Ferry writes the vectors in this directory; write these to another one")
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.json"):
        old.unlink()
    for writer in (write_accounts, write_files, write_file_faults, write_others):
        for name, made in writer():
            (directory / f"{name}.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    return open_all(directory)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("open", "write"):
        sys.exit(__doc__)
    sys.exit({"open": open_all, "write": write}[sys.argv[1]](pathlib.Path(sys.argv[2])))
