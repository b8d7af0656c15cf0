package moor.session.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;

/** Tells its response before the headers are sent because of the body. */
final class CountedStream extends ServletOutputStream {
    private final ServletOutputStream target;
    private final MoorResponse response;

    CountedStream(ServletOutputStream target, MoorResponse response) {
        this.target = target;
        this.response = response;
    }

    @Override
    public void write(int octet) throws IOException {
        if (response.beforeBytes(1)) target.write(octet);
    }

    @Override
    public void write(byte[] octets, int offset, int length) throws IOException {
        if (response.beforeBytes(length)) target.write(octets, offset, length);
    }

    @Override
    public void flush() throws IOException {
        if (response.beforeCommit()) target.flush();
    }

    @Override
    public void close() throws IOException {
        response.beforeCommit();
        target.close();
    }

    @Override
    public boolean isReady() {
        return target.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
        target.setWriteListener(listener);
    }
}
