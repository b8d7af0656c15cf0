package moor.session.servlet;

import java.util.Collections;
import javax.servlet.http.HttpSession;
import javax.servlet.http.HttpSessionContext;

/** The methods of a session that the javax API has in addition: old names of other methods. */
@SuppressWarnings("deprecation")
abstract class ApiSession implements HttpSession {
    @Override
    public Object getValue(String name) {
        return getAttribute(name);
    }

    @Override
    public String[] getValueNames() {
        return Collections.list(getAttributeNames()).toArray(String[]::new);
    }

    @Override
    public void putValue(String name, Object value) {
        setAttribute(name, value);
    }

    @Override
    public void removeValue(String name) {
        removeAttribute(name);
    }

    /** The API has emptied this type for security, and demands an object that answers nothing. */
    @Override
    public HttpSessionContext getSessionContext() {
        throw new UnsupportedOperationException("the servlet API has withdrawn the context of sessions");
    }
}
