package moor.session.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.PrintWriter;

/** A response that carries the session's changes in its headers. It notices every way in which headers are sent. */
final class MoorResponse extends ApiResponse {
    private final Exchange exchange;
    private ServletOutputStream stream;
    private PrintWriter writer;
    private long bytes;
    private long contentLength = Long.MAX_VALUE;

    MoorResponse(HttpServletResponse response, Exchange exchange) {
        super(response);
        this.exchange = exchange;
    }

    @Override
    boolean beforeCommit() {
        return exchange.beforeCommit();
    }

    /** Called before so many bytes of the body are written. Returns false if they must be dropped. */
    boolean beforeBytes(long count) {
        bytes += count;
        // Jetty sends a write of more than a quarter of its buffer at once. An early call only adds the changes until now.
        boolean isLarge = count > getBufferSize() / 4;
        boolean isFull = isLarge || bytes >= getBufferSize() || bytes >= contentLength;
        return isFull ? exchange.beforeCommit() : !exchange.isRefused();
    }

    @Override
    public ServletOutputStream getOutputStream() throws IOException {
        if (stream == null) stream = new CountedStream(super.getOutputStream(), this);
        return stream;
    }

    @Override
    public PrintWriter getWriter() throws IOException {
        if (writer == null) writer = new PrintWriter(new CountedWriter(super.getWriter(), this));
        return writer;
    }

    @Override
    public void flushBuffer() throws IOException {
        if (beforeCommit()) super.flushBuffer();
    }

    @Override
    public void sendRedirect(String location) throws IOException {
        if (beforeCommit()) super.sendRedirect(location);
    }

    @Override
    public void sendError(int status) throws IOException {
        if (beforeCommit()) super.sendError(status);
    }

    @Override
    public void sendError(int status, String message) throws IOException {
        if (beforeCommit()) super.sendError(status, message);
    }

    @Override
    public void setStatus(int status) {
        if (!exchange.isRefused()) super.setStatus(status);
    }

    @Override
    public void setContentLength(int length) {
        setContentLengthLong(length);
    }

    @Override
    public void setContentLengthLong(long length) {
        if (exchange.isRefused()) return;
        contentLength = length;
        super.setContentLengthLong(length);
    }

    @Override
    public void setHeader(String name, String value) {
        if (exchange.isRefused()) return;
        noteLength(name, value);
        super.setHeader(name, value);
    }

    @Override
    public void addHeader(String name, String value) {
        if (exchange.isRefused()) return;
        noteLength(name, value);
        super.addHeader(name, value);
    }

    @Override
    public void setIntHeader(String name, int value) {
        setHeader(name, String.valueOf(value));
    }

    private void noteLength(String name, String value) {
        if (name.equalsIgnoreCase("Content-Length") && value.matches("\\d{1,18}")) contentLength = Long.parseLong(value);
    }

    @Override
    public void reset() {
        super.reset();
        exchange.headersAreGone();
        bytes = 0;
        contentLength = Long.MAX_VALUE;
    }

    @Override
    public void resetBuffer() {
        super.resetBuffer();
        bytes = 0;
    }

    // The session travels in Moor's token, and never in a URL of the application.
    @Override
    public String encodeURL(String url) {
        return url;
    }

    @Override
    public String encodeRedirectURL(String url) {
        return url;
    }
}
