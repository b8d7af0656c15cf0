package moor.session.servlet;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;

/** The part of a response that differs between the jakarta API and the javax API. */
abstract class ApiResponse extends HttpServletResponseWrapper {
    ApiResponse(HttpServletResponse response) {
        super(response);
    }

    /** Called before the headers are sent. Returns false if an error has taken the response's place. */
    abstract boolean beforeCommit();

    // Servlet 6.1 has this way to redirect as well. Older servers never call it.
    @Override
    public void sendRedirect(String location, int status, boolean clearBuffer) throws IOException {
        if (beforeCommit()) super.sendRedirect(location, status, clearBuffer);
    }

    // Servlet 5 still has these old names of other methods, and Servlet 6 has not. So they override nothing here.
    public String encodeUrl(String url) {
        return encodeURL(url);
    }

    public String encodeRedirectUrl(String url) {
        return encodeRedirectURL(url);
    }

    /** Sets the status alone: newer servers send no message. */
    public void setStatus(int status, String message) {
        setStatus(status);
    }
}
