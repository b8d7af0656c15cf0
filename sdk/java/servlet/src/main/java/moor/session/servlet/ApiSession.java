package moor.session.servlet;

import jakarta.servlet.http.HttpSession;
import java.util.Collections;

/**
 * The part of a session that differs between the jakarta API and the javax API. Servlet 5 still has old names of other methods,
 * and Servlet 6 has not. So these methods override nothing here, and servers with Servlet 5 find them.
 */
abstract class ApiSession implements HttpSession {
    public Object getValue(String name) {
        return getAttribute(name);
    }

    public String[] getValueNames() {
        return Collections.list(getAttributeNames()).toArray(String[]::new);
    }

    public void putValue(String name, Object value) {
        setAttribute(name, value);
    }

    public void removeValue(String name) {
        removeAttribute(name);
    }
}
