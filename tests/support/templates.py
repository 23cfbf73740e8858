"""Small chat templates in the manner of families that call functions, and a conversation that does."""

from __future__ import annotations

from aa_tui.engine.calling import Call, Tool
from aa_tui.engine.chat import Message

QWEN = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
    {{- "Functions:\\n<tools>" }}
    {%- for tool in tools %}{{- "\\n" }}{{- tool | tojson }}{%- endfor %}
    {{- '\\n</tools>\\nCall one so:\\n<tool_call>\\n{"name": NAME, "arguments": OBJECT}\\n</tool_call><|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == "user" or (message.role == "system" and not tools) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>assistant\\n' + message.content }}
        {%- for call in message.tool_calls or [] %}
            {%- if not loop.first or message.content %}{{- '\\n' }}{%- endif %}
            {{- '<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
            {{- call.function.arguments if call.function.arguments is string else call.function.arguments | tojson }}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
"""In the manner of Qwen's: functions in the system's turn, calls as JSON between tags, results as the user's turn."""

LLAMA = """{{- bos_token }}
{%- if messages[0].role == 'system' %}
    {%- set own = messages[0].content | trim %}{%- set messages = messages[1:] %}
{%- else %}{%- set own = '' %}{%- endif %}
{{- '<|begin|>system<|end_header|>\\n\\nToday: ' + strftime_now('%d %b %Y') + '\\n\\n' + own + '<|im_end|>' }}
{%- for message in messages %}
    {%- if message.role == 'tool' %}
        {{- '<|begin|>ipython<|end_header|>\\n\\n' }}
        {{- message.content | tojson if message.content is iterable else message.content }}{{- '<|im_end|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if message.tool_calls | length != 1 %}{{- raise_exception('one call at a time') }}{%- endif %}
        {%- set call = message.tool_calls[0].function %}
        {{- '<|begin|>assistant<|end_header|>\\n\\n{"name": "' + call.name + '", "parameters": ' }}
        {{- call.arguments | tojson }}{{- '}<|im_end|>' }}
    {%- else %}
        {{- '<|begin|>' + message.role + '<|end_header|>\\n\\n' }}
        {%- if loop.first and tools %}
            {{- 'Answer with a call of one of these functions where one helps:\\n' }}
            {%- for tool in tools %}{{- tool | tojson(indent=4) + '\\n\\n' }}{%- endfor %}
        {%- endif %}
        {{- message.content | trim + '<|im_end|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|begin|>assistant<|end_header|>\\n\\n' }}{%- endif %}
"""
"""In the manner of Llama 3's: functions in the user's first turn, one call at a time, results as JSON, a date."""

MISTRAL = """{{- bos_token }}
{%- if messages[0].role == 'system' %}
    {%- set own = messages[0].content + '\\n\\n' %}{%- set messages = messages[1:] %}
{%- else %}{%- set own = '' %}{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'user' %}
        {%- if tools and loop.first %}{{- '[AVAILABLE_TOOLS]' + tools | tojson + '[/AVAILABLE_TOOLS]' }}{%- endif %}
        {{- '[INST]' + (own if loop.first else '') + message.content + '[/INST]' }}
    {%- elif message.tool_calls %}
        {{- '[TOOL_CALLS][' }}
        {%- for call in message.tool_calls %}
            {%- if call.id | length != 9 %}{{- raise_exception('ids of calls have nine characters') }}{%- endif %}
            {{- '{"name": "' + call.function.name + '", "arguments": ' + call.function.arguments | tojson }}
            {{- ', "id": "' + call.id + '"}' }}{{- ', ' if not loop.last }}
        {%- endfor %}
        {{- ']' + eos_token }}
    {%- elif message.role == 'assistant' %}{{- message.content + eos_token }}
    {%- elif message.role == 'tool' %}
        {{- '[TOOL_RESULTS]{"content": ' + message.content + ', "call_id": "' + message.tool_call_id + '"}' }}
        {{- '[/TOOL_RESULTS]' }}
    {%- endif %}
{%- endfor %}
"""
"""In the manner of Mistral's: ids of nine characters."""

GEMMA = """{{- bos_token }}
{%- if messages[0].role == 'system' %}
    {%- set own = messages[0].content + '\\n\\n' %}{%- set messages = messages[1:] %}
{%- else %}{%- set own = '' %}{%- endif %}
{%- for message in messages %}
    {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Roles must alternate: user, assistant, user') }}
    {%- endif %}
    {{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' }}
    {{- own if loop.first }}{{- message.content | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<start_of_turn>model\\n' }}{%- endif %}
"""
"""In the manner of Gemma's before its fourth: no functions, no results, nobody speaks twice."""

LFM = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}{%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n' }}{%- endif %}
    {{- 'List of tools: <|tool_list_start|>' + tools | tojson + '<|tool_list_end|><|im_end|>\\n' }}
{%- endif %}
{%- for message in (messages[1:] if tools and messages[0].role == 'system' else messages) %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
"""In the manner of LFM2's: results as turns of their own, and calls left out."""

TEXTUAL = QWEN.replace(
    "call.function.arguments if call.function.arguments is string else call.function.arguments | tojson",
    "call.function.arguments",
)
"""Writes arguments as they are: a JSON text is wanted."""

WEATHER = Tool(
    "get_weather",
    "Tell the weather at a place.",
    {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
)
TIME = Tool("get_time", "Tell the time at a place.", {"type": "object", "properties": {}})

TALK = (
    Message("system", "Be brief."),
    Message("user", "How warm is it in Rome?"),
    Message("assistant", "", (Call("get_weather", '{"place": "Rome"}'),)),
    Message("tool", '{"celsius": 21}', name="get_weather"),
)

KIMI = """{%- for message in messages %}
    {%- if message.role == 'system' or message.role == 'user' %}
        {{- '<|im_' + message.role + '|>' + message.content + '<|im_end|>' }}
    {%- elif message.role == 'assistant' %}
        {{- '<|im_assistant|>' + message.content }}
        {%- set queue = [] %}
        {%- for call in message.tool_calls or [] %}
            {%- set ignored = queue.append(call.function.name) %}
            {{- '<|tool_call_begin|>functions.' + queue.pop() + ':' + loop.index0 | string }}
            {{- '<|tool_call_argument_begin|>' + call.function.arguments | tojson + '<|tool_call_end|>' }}
        {%- endfor %}
        {{- '<|im_end|>' }}
    {%- else %}
        {{- '<|im_tool|>' + message.content + '<|im_end|>' }}
    {%- endif %}
{%- endfor %}
{{- '<|im_system|>' + tools | map(attribute='function') | tojson + '<|im_end|>' if tools }}
{%- if add_generation_prompt %}{{- '<|im_assistant|>' }}{%- endif %}
"""
"""In the manner of Kimi K2's: it keeps lists of its own, and writes as JSON what a filter gives."""

CODER = """{%- if tools %}{{- '<|im_start|>system\\n' + tools | tojson + '<|im_end|>\\n' }}{%- endif %}
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content }}
    {%- for call in message.tool_calls or [] %}
        {{- '<tool_call>\\n<function=' + call.function.name + '>\\n' }}
        {%- for name, value in call.function.arguments.items() %}
            {{- '<parameter=' + name + '>\\n' + value | string + '\\n</parameter>\\n' }}
        {%- endfor %}
        {{- '</function>\\n</tool_call>' }}
    {%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
"""In the manner of Seed's and Qwen3-Coder's: each argument in a tag, what is no text as Python writes it."""

TAGGED = CODER.replace(
    "<tool_call>\\n<function=' + call.function.name + '>", "<function name=\"' + call.function.name + '\">"
)
TAGGED = TAGGED.replace("'<parameter=' + name + '>\\n'", "'<param name=\"' + name + '\"><![CDATA['")
TAGGED = TAGGED.replace("\\n</parameter>", "]]></param>").replace("\\n</tool_call>", "")
"""In the manner of MiniCPM5's: the same in other tags, values between marks of their own."""

GIGA = """{{- 'developer<|role_sep|>' + tools | tojson + '<|message_sep|>' if tools }}
{%- for message in messages %}
    {%- if message.role == 'tool' %}
        {{- 'function result<|role_sep|>\\n' + message.content + '<|message_sep|>' }}
    {%- else %}
        {{- message.role + '<|role_sep|>\\n' + message.content }}
        {%- if message.tool_calls %}
            {%- set call = message.tool_calls[0].function %}
            {{- '<|message_sep|>\\n\\nfunction call<|role_sep|>\\n{"name": "' + call.name + '", "arguments": ' }}
            {{- call.arguments | tojson + '}' }}
        {%- endif %}
        {{- '<|message_sep|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- 'assistant<|role_sep|>\\n' }}{%- endif %}
"""
"""In the manner of GigaChat 3's: a call is a message of its own role, and the first of several is all that is shown."""
