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
}
