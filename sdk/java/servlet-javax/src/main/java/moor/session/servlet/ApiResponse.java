package moor.session.servlet;

import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpServletResponseWrapper;

/** The methods of a response that the javax API has in addition: old names of other methods. */
@SuppressWarnings("deprecation")
abstract class ApiResponse extends HttpServletResponseWrapper {
    ApiResponse(HttpServletResponse response) {
        super(response);
    }

    /** Called before the headers are sent. Returns false if an error has taken the response's place. */
    abstract boolean beforeCommit();

    @Override
    public String encodeUrl(String url) {
        return encodeURL(url);
    }

    @Override
    public String encodeRedirectUrl(String url) {
        return encodeRedirectURL(url);
    }

    /** Sets the status alone: newer servers send no message. */
    @Override
    public void setStatus(int status, String message) {
        setStatus(status);
    }
}
