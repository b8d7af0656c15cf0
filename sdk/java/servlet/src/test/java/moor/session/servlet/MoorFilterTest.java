package moor.session.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import moor.session.Moor;
import moor.session.MoorException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The filter, on the server of a subclass. */
abstract class MoorFilterTest extends FilteredServer {
    @Test
    @DisplayName("a redirect, an error and a flush carry the changes before them in their headers")
    void commits() {
        sets("first", 0);
        HttpResponse<String> redirect = ask((request, response) -> {
            request.getSession().setAttribute("redirect", 1);
            response.sendRedirect("/elsewhere");
        });
        assertEquals("{\"redirect\":1}", redirect.headers().firstValue("Moor-Patch").orElse(""));
        HttpResponse<String> error = ask((request, response) -> {
            request.getSession().setAttribute("error", 2);
            response.sendError(418);
        });
        assertEquals("{\"error\":2}", error.headers().firstValue("Moor-Patch").orElse(""));
        HttpResponse<String> flushed = ask((request, response) -> {
            request.getSession().setAttribute("flush", 3);
            response.flushBuffer();
            request.getSession().setAttribute("late", 4);
        });
        assertEquals("{\"flush\":3}", flushed.headers().firstValue("Moor-Patch").orElse(""));
        assertEquals(Map.of("first", 0, "redirect", 1, "error", 2, "flush", 3, "late", 4), stored());
    }

    @Test
    @DisplayName("more than 4 KiB, with the headers that the page has set, are stored by the session API")
    void countsHeaders() {
        sets("first", 0);
        HttpResponse<String> alone = ask((request, response) -> request.getSession().setAttribute("a", "x".repeat(500)));
        assertTrue(alone.headers().firstValue("Moor-Patch").isPresent());
        HttpResponse<String> beside = ask((request, response) -> {
            response.setHeader("Content-Security-Policy", "y".repeat(3_600));
            request.getSession().setAttribute("b", "z".repeat(500));
        });
        assertEquals(Map.of("first", 0, "a", "x".repeat(500), "b", "z".repeat(500)), stored());
        assertFalse(beside.headers().firstValue("Moor-Patch").isPresent());
        assertEquals("3", beside.headers().firstValue("Moor-Version").orElse(""));
    }

    @Test
    @DisplayName("a large change of an error's page does not overtake the change that a header carries already")
    void countsTwice() {
        sets("first", 0);
        ask((request, response) -> {
            boolean isError = request.getDispatcherType() == DispatcherType.ERROR;
            request.getSession().setAttribute("a", isError ? "x".repeat(5_000) : "small");
            if (!isError) response.sendError(404);
        });
        assertEquals(Map.of("first", 0, "a", "x".repeat(5_000)), stored());
    }

    @Test
    @DisplayName("a page that is larger than the buffer carries the changes before it, whatever its bytes are written by")
    void overflows() {
        sets("first", 0);
        HttpResponse<String> written = ask((request, response) -> {
            response.setCharacterEncoding("UTF-8");
            response.setBufferSize(8_192);
            request.getSession().setAttribute("writer", 1);
            for (int i = 0; i < 4_000; i++) response.getWriter().print("桃");
            request.getSession().setAttribute("after", 2);
        });
        assertEquals(4_000, written.body().length());
        assertEquals("{\"writer\":1}", written.headers().firstValue("Moor-Patch").orElse(""));
        HttpResponse<String> streamed = ask((request, response) -> {
            request.getSession().setAttribute("stream", 3);
            response.getOutputStream().write(new byte[20_000]);
            request.getSession().setAttribute("end", 4);
        });
        assertEquals("{\"stream\":3}", streamed.headers().firstValue("Moor-Patch").orElse(""));
        assertEquals(Map.of("first", 0, "writer", 1, "after", 2, "stream", 3, "end", 4), stored());
    }

    @Test
    @DisplayName("shows the login that Moor made at a provider")
    void showsProviderLogin() {
        Map<String, Object> login = Map.of("iss", "https://id.example.com", "at", 1, "roles", List.of("ops"));
        ask(fake.handoff(Map.of("login", login)), (request, response) -> {
            assertEquals(List.of("ops"), Exchange.of(request).session().providerLogin().roles());
        });
    }

    @Test
    @DisplayName("a page that fits into the buffer carries the changes that its code makes after writing")
    void buffers() {
        HttpResponse<String> response = ask((request, answer) -> {
            answer.getWriter().print("small");
            request.getSession().setAttribute("a", 1);
        });
        assertEquals("small", response.body());
        assertEquals(Map.of("a", 1), stored());
    }

    @Test
    @DisplayName("a page that throws keeps its changes, as a session in memory does")
    void throwing() {
        sets("first", 0);
        HttpResponse<String> response = ask((request, answer) -> {
            request.getSession().setAttribute("a", 1);
            throw new ServletException("on purpose");
        });
        assertEquals(500, response.statusCode());
        assertEquals(Map.of("first", 0, "a", 1), stored());
    }

    @Test
    @DisplayName("a page that has written a part, and throws or resets the response, keeps its changes")
    void resets() {
        sets("first", 0);
        ask((request, answer) -> {
            request.getSession().setAttribute("thrown", 1);
            answer.getWriter().print("x".repeat(5_000));
            throw new ServletException("on purpose");
        });
        assertEquals(Map.of("first", 0, "thrown", 1), stored());
        HttpResponse<String> anew = ask((request, answer) -> {
            request.getSession().removeAttribute("thrown");
            request.getSession().setAttribute("reset", 2);
            answer.getWriter().print("x".repeat(5_000));
            answer.reset();
            answer.getWriter().print("anew");
        });
        assertEquals("anew", anew.body());
        assertEquals(Map.of("first", 0, "reset", 2), stored());
        ask((request, answer) -> {
            request.getSession().invalidate();
            answer.getWriter().print("x".repeat(5_000));
            answer.reset();
        });
        assertEquals(Map.of(), stored());
    }

    @Test
    @DisplayName("the page of an error has the same session")
    void errorPage() {
        ask((request, response) -> {
            if (request.getDispatcherType() == DispatcherType.ERROR) {
                assertEquals(1, request.getSession().getAttribute("a"));
                request.getSession().setAttribute("b", 2);
            } else {
                request.getSession().setAttribute("a", 1);
                response.sendError(404);
            }
        });
        assertEquals(Map.of("a", 1, "b", 2), stored());
    }

    @Test
    @DisplayName("an asynchronous page carries the changes of another thread, and of a dispatch")
    void asynchronous() {
        ask((request, response) -> {
            HttpSession session = request.getSession();
            AsyncContext async = request.startAsync();
            async.start(() -> {
                session.setAttribute("thread", 1);
                async.complete();
            });
        });
        ask((request, response) -> {
            if (request.getDispatcherType() == DispatcherType.ASYNC) request.getSession().setAttribute("dispatch", 2);
            else request.startAsync().dispatch();
        });
        assertEquals(Map.of("thread", 1, "dispatch", 2), stored());
        ask((request, response) -> {
            request.getSession().invalidate();
            AsyncContext async = request.startAsync();
            async.start(() -> {
                ((HttpServletRequest) async.getRequest()).getSession().setAttribute("anew", 3);
                async.complete();
            });
        });
        assertEquals(Map.of("anew", 3), stored());
        assertEquals(1, visitor.generation());
    }

    @Test
    @DisplayName("an id lasts from the first request until it is changed, and so does the time of creation")
    void ids() {
        List<String> ids = new ArrayList<>();
        AtomicReference<Long> created = new AtomicReference<>();
        ask((request, response) -> {
            request.getSession().setAttribute("a", 1);
            ids.add(request.getSession().getId());
            created.set(request.getSession().getCreationTime());
        });
        ask((request, response) -> {
            assertEquals(ids.get(0), request.getSession().getId());
            assertTrue(request.isRequestedSessionIdValid() && request.isRequestedSessionIdFromCookie());
            ids.add(request.changeSessionId());
            ids.add(request.changeSessionId());
            assertEquals(ids.get(0), request.getRequestedSessionId());
            assertEquals(3, Set.copyOf(ids).size());
        });
        ask((request, response) -> {
            assertEquals(ids.get(2), request.getSession().getId());
            assertEquals(created.get(), request.getSession().getCreationTime());
            assertEquals(List.of("a"), Collections.list(request.getSession().getAttributeNames()));
        });
        assertEquals(1, visitor.generation());
    }

    @Test
    @DisplayName("a session ends by invalidate, and begins anew if the page asks for it again")
    void invalidates() {
        sets("a", 1);
        ask((request, response) -> {
            HttpSession session = request.getSession();
            session.invalidate();
            assertThrows(IllegalStateException.class, () -> session.getAttribute("a"));
            assertNull(request.getSession(false));
            assertTrue(request.getSession().isNew());
            request.getSession().setAttribute("b", 2);
        });
        assertEquals(Map.of("b", 2), stored());
        ask((request, response) -> request.getSession().invalidate());
        ask((request, response) -> assertNull(request.getSession(false)));
    }

    @Test
    @DisplayName("a session that nobody has asked for, or has stored anything in, is not stored")
    void unstored() {
        ask((request, response) -> assertNull(request.getSession(false)));
        ask((request, response) -> assertNotNull(request.getSession()));
        HttpResponse<String> bare = ask(null, (request, response) -> request.getSession().setAttribute("a", 1));
        assertEquals(200, bare.statusCode());
        assertEquals(Map.of(), visitor.attributes());
    }

    @Test
    @DisplayName("a value that is not serializable is refused when it is set, or with the response")
    void unserializable() {
        HttpResponse<String> response = ask((request, answer) -> {
            HttpSession session = request.getSession();
            assertThrows(IllegalArgumentException.class, () -> session.setAttribute("a", new Object()));
            session.setAttribute("a", new ArrayList<>(List.of(new Object())));
            answer.flushBuffer();
            session.removeAttribute("a");
            answer.setStatus(200);
            answer.getWriter().print("saved");
        });
        assertEquals(500, response.statusCode());
        assertFalse(response.body().contains("saved"));
    }

    @Test
    @DisplayName("a refused handoff is 403, even if the page catches the fault; without the session the page is shown")
    void refused() {
        String expired = fake.handoff(Map.of("exp", 1));
        HttpResponse<String> caught = ask(expired, (request, response) -> {
            assertThrows(MoorException.class, request::getSession);
            response.getWriter().print("secret");
        });
        assertEquals(403, caught.statusCode());
        assertEquals("", caught.body());
        assertEquals(403, ask(expired, (request, response) -> request.getSession()).statusCode());
        assertEquals("page", ask(expired, (request, response) -> response.getWriter().print("page")).body());
    }
}
