package moor.session;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import moor.session.MoorException.Code;

/**
 * The signatures of handoffs (ES256). A right signature is not checked again while its key is published; the last 512 are remembered. Their
 * lifetimes are checked elsewhere, with each request.
 */
final class Signatures {
    /** Moor signs a handoff once for each version of a session and sends it along for half a minute. */
    private static final int REMEMBERED = 512;
    /** Longer handoffs are not remembered: all together are a few megabytes at most. */
    private static final int LONGEST_REMEMBERED = 4_096;

    private final KeySet keys;
    /** Each handoff with the key that has signed it, the eldest first. */
    private final Map<String, PublicKey> remembered = Collections.synchronizedMap(new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, PublicKey> eldest) {
            return size() > REMEMBERED;
        }
    });

    Signatures(KeySet keys) {
        this.keys = keys;
    }

    /**
     * Requires that a published key has signed a handoff.
     *
     * @param text a compact JWT
     * @param signature its last part, decoded
     * @param kid the key that its header names
     * @throws MoorException HANDOFF_UNTRUSTED, or KEYS_UNAVAILABLE
     */
    void require(String text, byte[] signature, String kid) {
        PublicKey known = keys.find(kid, null);
        if (known != null && known.equals(remembered.get(text))) return;
        PublicKey signer = signer(text, signature, kid, known);
        if (text.length() <= LONGEST_REMEMBERED) remembered.put(text, signer);
    }

    private PublicKey signer(String text, byte[] signature, String kid, PublicKey known) {
        byte[] signed = text.substring(0, text.lastIndexOf('.')).getBytes(StandardCharsets.US_ASCII);
        if (known != null && isSigned(signed, signature, known)) return known;
        // Only the name ties a kid to its key: by now Moor may publish another key under it.
        PublicKey other = known == null ? null : keys.find(kid, known);
        if (other != null && isSigned(signed, signature, other)) return other;
        throw new MoorException(Code.HANDOFF_UNTRUSTED, "no key that Moor publishes has signed the handoff");
    }

    private static boolean isSigned(byte[] signed, byte[] signature, PublicKey key) {
        try {
            // ES256 is r and s side by side (RFC 7518, section 3.4), and not the DER that Java makes by default.
            Signature verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
            verifier.initVerify(key);
            verifier.update(signed);
            return verifier.verify(signature);
        } catch (GeneralSecurityException unverifiable) {
            return false;
        }
    }
}
