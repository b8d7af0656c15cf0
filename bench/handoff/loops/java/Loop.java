import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Collections;
import java.util.List;
import moor.session.Moor;
import moor.session.Settings;

/** CPU microseconds of Java for a handoff. The arguments: a file with a handoff in each line, and how many of the last lines count. */
final class Loop {
    private interface Check {
        void of(String handoff) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        List<String> handoffs = Files.readAllLines(Path.of(args[0]));
        int count = Integer.parseInt(args[1]);
        List<String> warm = handoffs.subList(0, handoffs.size() - count);
        List<String> counted = handoffs.subList(warm.size(), handoffs.size());
        Moor moor = new Moor(Settings.from(System.getenv()));
        Check session = handoff -> moor.session(handoff, "/");
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        byte[] text = counted.get(0).getBytes(StandardCharsets.US_ASCII);
        Signature signer = Signature.getInstance("SHA256withECDSAinP1363Format");
        signer.initSign(pair.getPrivate());
        signer.update(text);
        byte[] signature = signer.sign();
        Check alone = handoff -> {
            Signature verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
            verifier.initVerify(pair.getPublic());
            verifier.update(text);
            if (!verifier.verify(signature)) throw new IllegalStateException("the signature is wrong");
        };

        microsOf(warm, session);
        double fresh = microsOf(counted, session);
        double known = microsOf(Collections.nCopies(count, counted.get(count - 1)), session);
        microsOf(warm, alone);
        System.out.printf(
                "{\"fresh\": %f, \"known\": %f, \"signature\": %f}%n", fresh, known, microsOf(counted, alone));
    }

    /** Of the thread that verifies: the virtual machine's own threads compile meanwhile, which ends with the process's first minutes. */
    private static double microsOf(List<String> handoffs, Check check) throws Exception {
        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        for (String handoff : handoffs) check.of(handoff);
        return (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before) / 1000.0 / handoffs.size();
    }
}
