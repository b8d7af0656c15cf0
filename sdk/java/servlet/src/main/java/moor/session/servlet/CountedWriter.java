package moor.session.servlet;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/** Tells its response before the headers are sent because of the body. */
final class CountedWriter extends Writer {
    private final PrintWriter target;
    private final MoorResponse response;

    CountedWriter(PrintWriter target, MoorResponse response) {
        this.target = target;
        this.response = response;
    }

    @Override
    public void write(char[] units, int offset, int length) {
        long bytes = 0;
        for (int i = offset; i < offset + length; i++) bytes += utf8Bytes(units[i]);
        if (response.beforeBytes(bytes)) target.write(units, offset, length);
    }

    /** Bytes of a character in UTF-8; other encodings of the web take no more. */
    private static int utf8Bytes(char unit) {
        if (unit < 0x80) return 1;
        return unit < 0x800 ? 2 : 3;
    }

    @Override
    public void flush() throws IOException {
        if (!response.beforeCommit()) return;
        // The writer of the server swallows errors; the writer around this asks for them.
        if (target.checkError()) throw new IOException("the client is gone");
    }

    @Override
    public void close() {
        response.beforeCommit();
        target.close();
    }
}
