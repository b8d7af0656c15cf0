"""CPU microseconds of Python for a handoff. The arguments: a file with a handoff in each line, and how many of the last lines count."""

import json
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from moor_session import Moor


def micros_of(handoffs, check):
    before = time.process_time()
    for handoff in handoffs:
        check(handoff)
    return (time.process_time() - before) / len(handoffs) * 1e6


handoffs = Path(sys.argv[1]).read_text().split()
count = int(sys.argv[2])
counted = handoffs[-count:]
moor = Moor()
es256 = ec.ECDSA(SHA256())
key = ec.generate_private_key(ec.SECP256R1())
public = key.public_key()
text = handoffs[0].encode()
signature = key.sign(text, es256)

micros_of(handoffs[:-count], moor.session)
fresh = micros_of(counted, moor.session)
known = micros_of([counted[-1]] * count, moor.session)
alone = micros_of(counted, lambda _: public.verify(signature, text, es256))
print(json.dumps({"fresh": fresh, "known": known, "signature": alone}))
